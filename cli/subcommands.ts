import { join } from "node:path";
import { type ParseArgsOptionsConfig, parseArgs } from "node:util";
import { type Command, type CommandIo, usageError } from "./command.ts";
import { findHome, type Home, projectRoot } from "./state/home.ts";
import { withDotEnv } from "./up/environment.ts";

/** What a subcommand was called with. */
export interface Call {
  args: string[];
  flags: Record<string, string | boolean | string[] | undefined>;
  home: Home;
  /** The environment and `.env`. */
  env: Record<string, string | undefined>;
  io: CommandIo;
  /** One value: as JSON with --json, else the text. */
  answer(value: unknown, text: string): void;
}

/** One word after `flashfit <command>`. */
export interface Subcommand<Job extends Call> {
  usage: string;
  /** What it does. */
  summary: string;
  flags: ParseArgsOptionsConfig;
  /** Arguments without a dash: fewest, most. */
  args: readonly [number, number];
  /** Loads its code when it is called, so that none pays for what another imports. @returns the exit code. */
  run(job: Job): Promise<number>;
}

export interface SubcommandsOptions<Job extends Call> {
  /** The word after `flashfit`. */
  command: string;
  /** One line for `flashfit help`. */
  summary: string;
  table: Readonly<Record<string, Subcommand<Job>>>;
  /** Last line of the help. */
  footer: string;
  /** Makes a call the job that the subcommands work with, and runs it. */
  perform(call: Call, run: (job: Job) => Promise<number>): Promise<number>;
}

/** A command of `flashfit` that has subcommands; each takes --json and --help. */
export function withSubcommands<Job extends Call>(options: SubcommandsOptions<Job>): Command & { names: string[] } {
  const { command, summary, table, perform } = options;
  const names = Object.keys(table);
  const help = () => {
    const lines = Object.values(table).map(
      (each) => `  flashfit ${command} ${each.usage}
      ${each.summary}`,
    );
    return `usage:\n${lines.join("\n")}\n\n${options.footer}\n`;
  };
  return {
    name: command,
    summary,
    names,
    async run([name, ...words], io) {
      if (name === undefined || name === "--help" || name === "-h") {
        io.stdout.write(help());
        return name === undefined ? 2 : 0;
      }
      const subcommand = Object.hasOwn(table, name) ? table[name] : undefined;
      if (!subcommand) throw usageError(`expected one of ${names.join(", ")}, got ${name}\n\n${help()}`);
      const usage = `usage: flashfit ${command} ${subcommand.usage} [--json]\n\n  ${subcommand.summary}\n`;
      const { values, positionals } = parse(words, subcommand.flags, usage);
      if (values.help) {
        io.stdout.write(usage);
        return 0;
      }
      requireCount(positionals.length, subcommand.args, usage);
      const env = withDotEnv(io.env, join(projectRoot, ".env"));
      const answer = (value: unknown, said: string) =>
        void io.stdout.write(values.json ? `${JSON.stringify(value, null, 2)}\n` : `${said}\n`);
      return perform({ args: positionals, flags: values, home: findHome(env), env, io, answer }, subcommand.run);
    },
  };
}

function parse(args: string[], flags: ParseArgsOptionsConfig, usage: string) {
  const options = { ...flags, json: { type: "boolean" }, help: { type: "boolean", short: "h" } } as const;
  try {
    const { values, positionals } = parseArgs({ args, options, allowPositionals: true });
    return { values: values as Call["flags"], positionals };
  } catch (error) {
    throw usageError(`${(error as Error).message}\n\n${usage}`);
  }
}

function requireCount(count: number, [fewest, most]: readonly [number, number], usage: string): void {
  if (count >= fewest && count <= most) return;
  const expected = fewest === most ? `${fewest}` : fewest === 0 ? `at most ${most}` : `${fewest} to ${most}`;
  throw usageError(`expected ${expected} arguments, got ${count}\n\n${usage}`);
}

/** A text flag. */
export function textFlag({ flags }: Call, name: string): string | undefined {
  const value = flags[name];
  return typeof value === "string" ? value : undefined;
}

/** A number flag. @throws a usage error for one that is out of bounds. */
export function numberFlag(
  call: Call,
  name: string,
  standard: number,
  { min, max, whole = false }: { min: number; max: number; whole?: boolean },
): number {
  const value = textFlag(call, name);
  if (value === undefined) return standard;
  const number = value.trim() === "" ? Number.NaN : Number(value);
  if (number >= min && number <= max && (!whole || Number.isInteger(number))) return number;
  throw usageError(`--${name}: expected ${whole ? "a whole number " : ""}from ${min} to ${max}, got ${value}`);
}
