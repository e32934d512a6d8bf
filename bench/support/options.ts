import process from "node:process";
import { parseArgs } from "node:util";

/** Exit code of a script that could not measure, or was asked for something that it does not know. */
const NOT_MEASURED = 2;

export interface ScriptOptions {
  /** Fewer measurements, to see that it works. */
  quick: boolean;
  seed: number;
  /** Nothing on stdout but the last line. */
  json: boolean;
  say(line: string): void;
}

/**
 * The options that every script has, and those of `more`, which take a value. An unknown one, or a seed that is no whole number,
 * ends the process with exit code 2 and one line that says what was expected; `--help` says it and ends it with 0.
 *
 * @param more name of an option to what its value is, such as `{ only: "WORD" }`
 */
export function readOptions<N extends string = never>(
  more: Record<N, string> = {} as Record<N, string>,
  defaultSeed = 1,
) {
  const names = Object.keys(more) as N[];
  const known = ["--quick", "--seed N", "--json", ...names.map((name) => `--${name} ${more[name]}`)].join(", ");
  const values = parse(names, known);
  if (values.help) {
    console.log(`options: ${known}`);
    process.exit(0);
  }
  const seed = Number(values.seed ?? defaultSeed);
  if (!Number.isSafeInteger(seed)) refuse(`expected a whole number as --seed, got ${values.seed}`);
  const json = values.json === true;
  const say = (line: string) => {
    if (!json) console.log(line);
  };
  const options: ScriptOptions = { quick: values.quick === true, seed, json, say };
  return { ...options, more: values as { [K in N]?: string } };
}

function parse(names: readonly string[], known: string): Record<string, string | boolean | undefined> {
  const texts = ["seed", ...names].map((name) => [name, { type: "string" }] as const);
  const flags = ["quick", "json", "help"].map((name) => [name, { type: "boolean" }] as const);
  try {
    const { values } = parseArgs({ options: Object.fromEntries([...texts, ...flags]) });
    return values as Record<string, string | boolean | undefined>;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (!code?.startsWith("ERR_PARSE_ARGS_")) throw error;
    // Node's own advice on positional arguments, behind the first sentence, is for programmers.
    refuse(`${message.split(". ")[0]}; expected ${known}`);
  }
}

/** A whole number of 1 or more that an option says; `fallback` where it says nothing. */
export function countOption(name: string, value: string | undefined, fallback: number): number {
  const count = Number(value ?? fallback);
  if (!Number.isSafeInteger(count) || count < 1) refuse(`expected a whole number above 0 as --${name}, got ${value}`);
  return count;
}

/** What was asked for cannot be: ends the process with exit code 2. */
export function refuse(why: string): never {
  console.error(why);
  process.exit(NOT_MEASURED);
}

/** Something that is needed is not on this machine: ends the process with exit code 2. */
export function notMeasured(why: string): never {
  refuse(`not measured: ${why}`);
}

/** What is left out, and why: on stderr, so that it is seen with `--json` too. */
export function saySkipped(what: readonly string[]): void {
  for (const one of what) console.error(`skipped: ${one}`);
}
