import { join } from "node:path";
import { type ParseArgsOptionsConfig, parseArgs } from "node:util";
import { CommandError, type CommandIo, usageError } from "../command.ts";
import { findHome, type Home, projectRoot } from "../state/home.ts";
import { withDotEnv } from "../up/environment.ts";
import { type ModelsSettings, modelsSettings } from "./settings.ts";

/** What a subcommand works with. */
export interface Job {
  args: string[];
  flags: Record<string, string | boolean | undefined>;
  settings: ModelsSettings;
  home: Home;
  env: Record<string, string | undefined>;
  io: CommandIo;
  /** One value: as JSON with --json, else the text. */
  answer(value: unknown, text: string): void;
}

interface Subcommand {
  usage: string;
  /** What it does. */
  summary: string;
  flags: ParseArgsOptionsConfig;
  /** Arguments without a dash: fewest, most. */
  args: [number, number];
  /** @returns the exit code. */
  run(job: Job): Promise<number>;
}

const text = { type: "string" } as const;

/** Loaded one by one, so that none pays for what another imports (ONNX Runtime, the Redis client). */
const subcommands: Record<string, Subcommand> = {
  list: {
    usage: "list",
    summary: "every version: state, variants, dimensions, size",
    flags: {},
    args: [0, 0],
    run: async (job) => (await import("./run-list.ts")).run(job),
  },
  pull: {
    usage: "pull OWNER/NAME[@REVISION] [--as NAME] [--version V] [--variant fp32,int8]",
    summary: "from the Hugging Face hub (HF_ENDPOINT, HF_TOKEN); interrupted, run it again",
    flags: { as: text, version: text, variant: text },
    args: [1, 1],
    run: async (job) => (await import("./run-pull.ts")).run(job),
  },
  add: {
    usage: "add FOLDER --as NAME [--version V]",
    summary: "copy an export, checked, into the models",
    flags: { as: text, version: text },
    args: [1, 1],
    run: async (job) => (await import("./run-pull.ts")).runAdd(job),
  },
  activate: {
    usage: "activate NAME VERSION",
    summary: "the version that answers from now on; no call fails",
    flags: {},
    args: [2, 2],
    run: async (job) => (await import("./run-activate.ts")).run(job),
  },
  rollback: {
    usage: "rollback NAME",
    summary: "the version below the one that answers",
    flags: {},
    args: [1, 1],
    run: async (job) => (await import("./run-activate.ts")).runRollback(job),
  },
  remove: {
    usage: "remove NAME VERSION",
    summary: "delete a version that does not answer",
    flags: {},
    args: [2, 2],
    run: async (job) => (await import("./run-list.ts")).runRemove(job),
  },
  verify: {
    usage: "verify [NAME [VERSION]] [--photos DIR]",
    summary:
      "checksums, graphs, golden vectors, cosine between variants on photos (default: a drawn sample); writes nothing",
    flags: { photos: text },
    args: [0, 2],
    run: async (job) => (await import("./run-verify.ts")).run(job),
  },
  bench: {
    usage: "bench NAME [VERSION] [--threads N] [--seconds S]",
    summary: "images/s and ms by batch size, variants side by side",
    flags: { threads: text, seconds: text },
    args: [1, 2],
    run: async (job) => (await import("./run-verify.ts")).runBench(job),
  },
  cache: {
    usage: "cache clear",
    summary: "forget every answer that the Encoder has kept",
    flags: {},
    args: [1, 1],
    run: async (job) => (await import("./run-activate.ts")).runCacheClear(job),
  },
};

export const subcommandNames: readonly string[] = Object.keys(subcommands);

/** What `flashfit models --help` prints. */
export function subcommandHelp(): string {
  const lines = Object.values(subcommands).map(
    ({ usage, summary }) => `  flashfit models ${usage}
      ${summary}`,
  );
  return `usage:\n${lines.join("\n")}\n\nEach takes --json and --help. Models lie in MODEL_DIR (default: models/). More: docs/how-to/models.md\n`;
}

/** Runs one subcommand and answers its exit code. */
export async function runSubcommand(name: string, words: string[], io: CommandIo): Promise<number> {
  const subcommand = subcommands[name];
  if (!subcommand) throw usageError(`expected one of ${subcommandNames.join(", ")}, got ${name}`);
  const help = `usage: flashfit models ${subcommand.usage} [--json]\n\n  ${subcommand.summary}\n`;
  const { values, positionals } = parse(words, subcommand, help);
  if (values.help) {
    io.stdout.write(help);
    return 0;
  }
  const [fewest, most] = subcommand.args;
  if (positionals.length < fewest || positionals.length > most) {
    throw usageError(
      `expected ${fewest === most ? fewest : `${fewest} to ${most}`} arguments, got ${positionals.length}\n\n${help}`,
    );
  }
  const env = withDotEnv(io.env, join(projectRoot, ".env"));
  const answer = (value: unknown, said: string) =>
    void io.stdout.write(values.json ? `${JSON.stringify(value, null, 2)}\n` : `${said}\n`);
  const settings = modelsSettings(io.env);
  return subcommand.run({ args: positionals, flags: values, settings, home: findHome(env), env, io, answer });
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

/** A text flag. */
export function textFlag({ flags }: Job, name: string): string | undefined {
  const value = flags[name];
  return typeof value === "string" ? value : undefined;
}

/** A number flag of at least `min`. @throws a usage error. */
export function numberFlag(job: Job, name: string, standard: number, min: number, max: number): number {
  const value = textFlag(job, name);
  if (value === undefined) return standard;
  const number = Number(value);
  if (!(number >= min && number <= max)) throw usageError(`--${name}: expected ${min} to ${max}, got ${value}`);
  return number;
}

/** Of a command that needs the mesh. */
export function noMesh({ root }: Home): CommandError {
  return new CommandError(`no mesh runs in ${root}: start one with "npm start" (FLASHFIT_HOME says where)`);
}
