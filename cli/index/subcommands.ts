import process from "node:process";
import { type Call, type Subcommand, withSubcommands } from "../subcommands.ts";
import { findIndex, type RunningIndex } from "./running.ts";

/** What a subcommand works with. */
export interface Job extends Call {
  index: RunningIndex;
  /** Aborted by Ctrl-C. */
  signal: AbortSignal;
}

/** What a shell says of a program that Ctrl-C ended: 128 + SIGINT. */
const INTERRUPTED = 130;
const text = { type: "string" } as const;

const table: Record<string, Subcommand<Job>> = {
  list: {
    usage: "list",
    summary: "every index: engine, metric, dimensions, vectors, size",
    flags: {},
    args: [0, 0],
    run: async (job) => (await import("./run-list.ts")).run(job),
  },
  benchmark: {
    usage: "benchmark [INDEX] [--queries N] [--k K] [--ef-search N] [--nprobe N] [--seed N]",
    summary: "recall and time of searches with stored vectors, beside the exact search",
    flags: { queries: text, k: text, "ef-search": text, nprobe: text, seed: text },
    args: [0, 1],
    run: async (job) => (await import("./run-benchmark.ts")).run(job),
  },
  verify: {
    usage: "verify [--vectors SHARE]",
    summary:
      "compares memory with PostgreSQL: all items, and the vectors of a share of them (default 0.1); writes nothing",
    flags: { vectors: text },
    args: [0, 0],
    run: async (job) => (await import("./run-verify.ts")).run(job),
  },
  tune: {
    usage: "tune INDEX [--recall SHARE] [--k K] [--queries N] [--seed N] [--factory WORDS]…",
    summary:
      "builds graphs over an index's vectors, measures them, and proposes settings for a recall (default 0.99); changes nothing",
    flags: { recall: text, k: text, queries: text, seed: text, factory: { type: "string", multiple: true } },
    args: [0, 1],
    run: async (job) => (await import("./run-tune.ts")).run(job),
  },
  compact: {
    usage: "compact [INDEX]",
    summary: "makes rows and graphs anew without what was deleted, beside serving",
    flags: {},
    args: [0, 1],
    run: async (job) => (await import("./run-compact.ts")).run(job),
  },
  snapshot: {
    usage: "snapshot",
    summary: "writes a snapshot of one replica, from which its next start is fast",
    flags: {},
    args: [0, 0],
    run: async (job) => (await import("./run-snapshot.ts")).run(job),
  },
  restore: {
    usage: "restore [GENERATION] [--from-store]",
    summary: "loads a snapshot (the newest) or all items from PostgreSQL, and what changed since, beside serving",
    flags: { "from-store": { type: "boolean" } },
    args: [0, 1],
    run: async (job) => (await import("./run-restore.ts")).run(job),
  },
};

export const index = withSubcommands<Job>({
  command: "index",
  summary: "the Index's vectors: list, benchmark, verify, tune, compact, snapshot, restore",
  table,
  footer: "Each takes --json and --help, and ends with Ctrl-C. They ask the mesh that runs in FLASHFIT_HOME.",
  perform: untilInterrupted,
});

async function untilInterrupted(call: Call, run: (job: Job) => Promise<number>): Promise<number> {
  const running = findIndex(call.home);
  const interrupted = new AbortController();
  const onInterrupt = () => interrupted.abort();
  process.once("SIGINT", onInterrupt);
  try {
    return await run({ ...call, index: running, signal: interrupted.signal });
  } catch (error) {
    if (!interrupted.signal.aborted) throw error;
    call.io.stderr.write("cancelled\n");
    return INTERRUPTED;
  } finally {
    process.off("SIGINT", onInterrupt);
  }
}
