import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";
import type { Client } from "@connectrpc/connect";
import { projectRoot } from "../../../cli/state/home.ts";
import { IndexService } from "../../../gen/flashfit/index/v1/index_pb.ts";
import { meshClient } from "../../../services/kit/client.ts";

export type IndexClient = Client<typeof IndexService>;

export interface IndexProcessOptions {
  databaseUrl: string;
  /** Shown to PostgreSQL, so that its sessions can be told from those of others. */
  name: string;
  /** Settings over the tests' own. */
  env?: Record<string, string>;
}

interface LogLine {
  event?: string;
  url?: string;
  metricsUrls?: string[];
}

/** A replica of the Index as a process of its own, on any free port, plaintext. It dies with this process. */
export class IndexProcess {
  readonly name: string;
  readonly child: ChildProcess;
  readonly client: IndexClient;
  readonly url: string;
  readonly metricsUrl: string;
  /** The exit code, or null after a signal; resolves when the process has ended and its output is read. */
  readonly ended: Promise<number | null>;
  readonly #log: () => string;

  private constructor(o: Pick<IndexProcess, "name" | "child" | "url" | "metricsUrl" | "ended">, log: () => string) {
    this.name = o.name;
    this.child = o.child;
    this.url = o.url;
    this.metricsUrl = o.metricsUrl;
    this.ended = o.ended;
    this.client = meshClient(IndexService, { baseUrl: o.url, timeoutMs: 30_000 });
    this.#log = log;
  }

  /** Start one and wait until it serves. Rejects with its log if it ends before. */
  static async start({ databaseUrl, name, env = {} }: IndexProcessOptions): Promise<IndexProcess> {
    const url = new URL(databaseUrl);
    url.searchParams.set("application_name", name);
    const child = spawn(process.execPath, [join(projectRoot, "services/index/main.ts")], {
      cwd: projectRoot,
      env: {
        PATH: process.env.PATH,
        HOME: process.env.HOME,
        DATABASE_URL: url.href,
        INDEX_PORT: "0",
        INDEX_METRICS_PORT: "0",
        FAISS_METRICS_PORT: "0",
        ...env,
      },
      stdio: ["pipe", "pipe", "pipe"],
    });
    const killOnExit = () => child.kill("SIGKILL");
    process.once("exit", killOnExit);
    let written = "";
    child.stderr.on("data", (chunk: Buffer) => {
      written += chunk.toString();
    });
    const lines = createInterface({ input: child.stdout });
    const ended = Promise.all([once(child, "close"), once(lines, "close")]).then(([[code]]) => {
      process.off("exit", killOnExit);
      return code as number | null;
    });
    const serving = Promise.withResolvers<{ url: string; metricsUrl: string }>();
    let metricsUrl = "";
    lines.on("line", (text) => {
      written = `${written}${text}\n`.slice(-200_000);
      const line = JSON.parse(text) as LogLine;
      if (line.event === "listening") metricsUrl = line.metricsUrls?.[0] ?? "";
      if (line.event === "serving") serving.resolve({ url: line.url ?? "", metricsUrl });
    });
    void ended.then((code) => serving.reject(new Error(`${name} ended with ${code} before it served:\n${written}`)));
    const { url: address, metricsUrl: metrics } = await serving.promise;
    return new IndexProcess({ name, child, url: address, metricsUrl: metrics, ended }, () => written);
  }

  /** The end of what it wrote. */
  get log(): string {
    return this.#log();
  }

  get running(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  /** SIGTERM: it ends what it has begun. @returns the exit code. */
  async stop(): Promise<number | null> {
    this.child.kill("SIGTERM");
    return this.ended;
  }

  /** SIGKILL. */
  async kill9(): Promise<void> {
    this.child.kill("SIGKILL");
    await this.ended;
  }

  /** What it tells of itself now, in Prometheus' text format. */
  async metrics(): Promise<string> {
    return (await fetch(this.metricsUrl)).text();
  }
}
