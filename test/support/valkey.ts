import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import process from "node:process";
import { ensureTool } from "../../cli/tools/install.ts";
import { tools } from "../../cli/tools/table.ts";
import { startChild } from "./child.ts";
import { freePort } from "./ports.ts";

/** A throw-away Valkey on a free port of 127.0.0.1, nothing kept on disk. */
export interface TestValkey {
  url: string;
  port: number;
  stop(): Promise<void>;
  kill9(): Promise<void>;
  /** It hangs: connections stay open, nothing is answered, until `resume`. */
  pause(): void;
  resume(): void;
  /** Starts it again, empty, on the same port. */
  restart(): Promise<void>;
}

/** Start a Valkey: the pinned one, installed first if there is none. */
export async function startValkey(): Promise<TestValkey> {
  const binary = await ensureTool(tools.valkey, process.env);
  const folder = await mkdtemp(path.join(tmpdir(), "flashfit-test-valkey-"));
  const port = await freePort();
  const args = ["--port", String(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", folder];
  const start = () => startChild(binary, args, /Ready to accept connections/);
  let server = await start();
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    async stop() {
      await server.end("SIGKILL");
      await rm(folder, { recursive: true, force: true });
    },
    kill9: () => server.end("SIGKILL"),
    pause: () => void server.process.kill("SIGSTOP"),
    resume: () => void server.process.kill("SIGCONT"),
    async restart() {
      await server.end("SIGTERM");
      server = await start();
    },
  };
}
