import { join } from "node:path";
import process from "node:process";
import { type ParseArgsOptionsConfig, parseArgs } from "node:util";
import { type CommandIo, usageError } from "../command.ts";
import { findHome, projectRoot } from "../state/home.ts";
import { withDotEnv } from "../up/environment.ts";
import { findIndex, type RunningIndex } from "./running.ts";

/** What a subcommand works with. */
export interface Job {
  args: string[];
  flags: Record<string, string | boolean | string[] | undefined>;
  index: RunningIndex;
  /** Aborted by Ctrl-C. */
  signal: AbortSignal;
  io: CommandIo;
  /** One value: as JSON with --json, else the text. */
  answer(value: unknown, text: string): void;
}

interface Subcommand {
  usage: string;
  /** What it does. */
  summary: string;
  flags: ParseArgsOptionsConfig;
  /** Most arguments without a dash. */
  args: number;
  /** @returns the exit code. */
  run(job: Job): Promise<number>;
}

/** What a shell says of a program that Ctrl-C ended: 128 + SIGINT. */
const INTERRUPTED = 130;
const text = { type: "string" } as const;

const subcommands: Record<string, Subcommand> = {
  list: {
    usage: "list",
    summary: "every index: engine, metric, dimensions, vectors, size",
    flags: {},
    args: 0,
    run: async (job) => (await import("./run-list.ts")).run(job),
  },
  benchmark: {
    usage: "benchmark [INDEX] [--queries N] [--k K] [--ef-search N] [--nprobe N] [--seed N]",
    summary: "recall and time of searches with stored vectors, beside the exact search",
    flags: { queries: text, k: text, "ef-search": text, nprobe: text, seed: text },
    args: 1,
    run: async (job) => (await import("./run-benchmark.ts")).run(job),
  },
  verify: {
    usage: "verify [--vectors SHARE]",
    summary:
      "compares memory with PostgreSQL: all items, and the vectors of a share of them (default 0.1); writes nothing",
    flags: { vectors: text },
    args: 0,
    run: async (job) => (await import("./run-verify.ts")).run(job),
  },
  tune: {
    usage: "tune INDEX [--recall SHARE] [--k K] [--queries N] [--seed N] [--factory WORDS]…",
    summary:
      "builds graphs over an index's vectors, measures them, and proposes settings for a recall (default 0.99); changes nothing",
    flags: { recall: text, k: text, queries: text, seed: text, factory: { type: "string", multiple: true } },
    args: 1,
    run: async (job) => (await import("./run-tune.ts")).run(job),
  },
  compact: {
    usage: "compact [INDEX]",
    summary: "makes rows and graphs anew without what was deleted, beside serving",
    flags: {},
    args: 1,
    run: async (job) => (await import("./run-compact.ts")).run(job),
  },
  snapshot: {
    usage: "snapshot",
    summary: "writes a snapshot of one replica, from which its next start is fast",
    flags: {},
    args: 0,
    run: async (job) => (await import("./run-snapshot.ts")).run(job),
  },
  restore: {
    usage: "restore [GENERATION] [--from-store]",
    summary: "loads a snapshot (the newest) or all items from PostgreSQL, and what changed since, beside serving",
    flags: { "from-store": { type: "boolean" } },
    args: 1,
    run: async (job) => (await import("./run-restore.ts")).run(job),
  },
};

export const subcommandNames: readonly string[] = Object.keys(subcommands);

/** What `flashfit index --help` prints. */
export function subcommandHelp(): string {
  const lines = Object.values(subcommands).map(
    ({ usage, summary }) => `  flashfit index ${usage}
      ${summary}`,
  );
  return `usage:\n${lines.join("\n")}\n\nEach takes --json and --help, and ends with Ctrl-C. They ask the mesh that runs in FLASHFIT_HOME.\n`;
}

/** Runs one subcommand and answers its exit code. */
export async function runSubcommand(name: string, words: string[], io: CommandIo): Promise<number> {
  const subcommand = subcommands[name];
  if (!subcommand) throw usageError(`expected one of ${subcommandNames.join(", ")}, got ${name}`);
  const help = `usage: flashfit index ${subcommand.usage} [--json]\n\n  ${subcommand.summary}\n`;
  const { values, positionals } = parse(words, subcommand, help);
  if (values.help) {
    io.stdout.write(help);
    return 0;
  }
  if (positionals.length > subcommand.args) {
    throw usageError(`expected at most ${subcommand.args} arguments, got ${positionals.length}\n\n${help}`);
  }
  const index = findIndex(findHome(withDotEnv(io.env, join(projectRoot, ".env"))));
  const answer = (value: unknown, said: string) =>
    void io.stdout.write(values.json ? `${JSON.stringify(value, null, 2)}\n` : `${said}\n`);
  const interrupted = new AbortController();
  const onInterrupt = () => interrupted.abort();
  process.once("SIGINT", onInterrupt);
  try {
    return await subcommand.run({ args: positionals, flags: values, index, signal: interrupted.signal, io, answer });
  } catch (error) {
    if (!interrupted.signal.aborted) throw error;
    io.stderr.write("cancelled\n");
    return INTERRUPTED;
  } finally {
    process.off("SIGINT", onInterrupt);
  }
}

function parse(args: string[], { flags }: Subcommand, help: string) {
  const options = { ...flags, json: { type: "boolean" }, help: { type: "boolean", short: "h" } } as const;
  try {
    const { values, positionals } = parseArgs({ args, options, allowPositionals: true });
    return { values: values as Job["flags"], positionals };
  } catch (error) {
    throw usageError(`${(error as Error).message}\n\n${help}`);
  }
}

/** A number flag. @throws a usage error for one that is out of bounds. */
export function numberFlag(
  { flags }: Job,
  name: string,
  standard: number,
  { min, max, whole = false }: { min: number; max: number; whole?: boolean },
): number {
  const value = flags[name];
  if (typeof value !== "string") return standard;
  const number = value.trim() === "" ? Number.NaN : Number(value);
  if (number >= min && number <= max && (!whole || Number.isInteger(number))) return number;
  throw usageError(`--${name}: expected ${whole ? "a whole number " : ""}from ${min} to ${max}, got ${value}`);
}
