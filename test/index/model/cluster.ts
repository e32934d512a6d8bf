import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import postgres, { type Sql } from "postgres";
import { startPostgres, type TestPostgres } from "../../support/postgres.ts";
import { IndexProcess } from "../support/index-process.ts";
import { INDEX_MODELS } from "./items.ts";
import type { Fault } from "./plan.ts";

const MOST_REPLICAS = 3;

/** A place for a replica; what runs in it changes with every start, its folder stays. */
interface Slot {
  folder: string;
  process: IndexProcess;
}

/** Several replicas of the Index on one PostgreSQL, and what happens to them. */
export class Cluster {
  readonly #postgres: TestPostgres;
  readonly #admin: Sql;
  readonly #folder: string;
  readonly #env: Record<string, string>;
  #slots: Slot[] = [];
  #starts = 0;
  #incident: Promise<void> = Promise.resolve();
  /** By kind. */
  readonly faults: Record<string, number> = {};

  private constructor(server: TestPostgres, folder: string, env: Record<string, string>) {
    this.#postgres = server;
    this.#folder = folder;
    this.#env = env;
    this.#admin = postgres(server.adminUrl, { max: 1, onnotice: () => {} });
  }

  /** `env`: settings of the replicas over the test's own. */
  static async start(replicas: number, env: Record<string, string> = {}): Promise<Cluster> {
    const folder = await mkdtemp(join(tmpdir(), "flashfit-model-"));
    const cluster = new Cluster(await startPostgres(), folder, env);
    try {
      // The first one alone makes the schema.
      for (let n = 0; n < replicas; n++) await cluster.#join();
    } catch (error) {
      await cluster.stop();
      throw error;
    }
    return cluster;
  }

  get replicas(): IndexProcess[] {
    return this.#slots.map((slot) => slot.process);
  }

  /** A replica that runs, as far as is known; waits while there is none. */
  async pick(n: number): Promise<IndexProcess> {
    for (;;) {
      const running = this.replicas.filter((one) => one.running);
      if (running.length > 0) return running[n % running.length]!;
      const incident = this.#incident;
      await incident;
      // Nothing happened that would explain it.
      if (incident === this.#incident) this.check();
    }
  }

  /** Resolves when nothing is happening to the replicas and PostgreSQL. */
  async calm(): Promise<void> {
    await this.#incident;
  }

  /** @throws when a replica has ended by itself */
  check(): void {
    const ended = this.replicas.find((one) => !one.running);
    if (ended) throw new Error(`${ended.name} ended by itself with ${ended.child.exitCode}:\n${ended.log}`);
  }

  /** Resolves when nothing that this process has begun can change the store of record any more, if it is gone. */
  async settled(process: IndexProcess): Promise<void> {
    await this.#incident;
    if (process.running) return;
    await process.ended;
    // Statements that had reached PostgreSQL may still be under way there.
    for (;;) {
      const [row] = await this.#admin<{ sessions: number }[]>`
        select count(*)::int as sessions from pg_stat_activity where application_name = ${process.name}`;
      if (row!.sessions === 0) return;
    }
  }

  /** Let it happen, one at a time; resolves when it is over and all replicas serve again. */
  strike(fault: Fault): Promise<void> {
    this.#incident = this.#incident.then(() => this.#strike(fault));
    return this.#incident;
  }

  async #strike({ kind, replica }: Fault): Promise<void> {
    const slot = this.#slots[replica % this.#slots.length]!;
    switch (kind) {
      case "kill":
        await slot.process.kill9();
        slot.process = await this.#startIn(slot.folder);
        break;
      case "damage":
        await slot.process.kill9();
        await turnOneBit(join(slot.folder, "snapshots"), replica);
        slot.process = await this.#startIn(slot.folder);
        break;
      case "restart":
        await this.#leave(slot);
        slot.process = await this.#startIn(slot.folder);
        break;
      case "join":
        if (this.#slots.length === MOST_REPLICAS) return;
        await this.#join();
        break;
      case "leave":
        if (this.#slots.length === 1) return;
        this.#slots = this.#slots.filter((other) => other !== slot);
        await this.#leave(slot);
        break;
      case "postgres-kill":
        await this.#postgres.kill9();
        await this.#postgres.restart();
        break;
      case "postgres-restart":
        await this.#postgres.restart();
        break;
    }
    this.faults[kind] = (this.faults[kind] ?? 0) + 1;
  }

  async #leave({ process }: Slot): Promise<void> {
    const code = await process.stop();
    if (code !== 0)
      throw new Error(`expected ${process.name} to end with 0 after SIGTERM, got ${code}:\n${process.log}`);
  }

  async #join(): Promise<void> {
    const folder = await mkdtemp(join(this.#folder, "replica-"));
    this.#slots = [...this.#slots, { folder, process: await this.#startIn(folder) }];
  }

  async #startIn(folder: string): Promise<IndexProcess> {
    const name = `model-${++this.#starts}`;
    const env = {
      INDEX_MODELS,
      INDEX_POLL_MS: "200",
      // Small, so that graphs, compaction and snapshots happen all the time.
      INDEX_GRAPH_MIN_ROWS: "300",
      // Of so few rows a scan would always be cheaper.
      INDEX_PLAN: "graph",
      // Thin, so that it really misses some.
      INDEX_FACTORY: "HNSW8,Flat",
      INDEX_EF_SEARCH: "32",
      INDEX_SNAPSHOT_INTERVAL_SECONDS: "5",
      INDEX_SNAPSHOT_DIR: join(folder, "snapshots"),
      ...(process.env.FAISS_C_LIBRARY && { FAISS_C_LIBRARY: process.env.FAISS_C_LIBRARY }),
      ...this.#env,
    };
    return await IndexProcess.start({ databaseUrl: this.#postgres.url, name, env });
  }

  async stop(): Promise<void> {
    await this.#admin.end({ timeout: 1 });
    const processes = this.replicas.filter((one) => one.running);
    for (const { child } of processes) child.kill("SIGKILL");
    await Promise.all(processes.map(({ ended }) => ended));
    await this.#postgres.stop();
    await rm(this.#folder, { recursive: true, force: true });
  }
}

/** Of any file of a folder, if it has one. */
async function turnOneBit(folder: string, choice: number): Promise<void> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const file = files.sort()[choice % Math.max(1, files.length)];
  if (!file) return;
  const bytes = await readFile(file);
  if (bytes.length === 0) return;
  const at = Math.floor((choice / 1000) * bytes.length);
  bytes[at] = bytes[at]! ^ (1 << (choice % 8));
  await writeFile(file, bytes);
}
