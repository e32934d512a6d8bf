import { spawn } from "node:child_process";
import { once } from "node:events";
import process from "node:process";
import { fileURLToPath } from "node:url";

/**
 * A script in a process of its own, so that it finds no memory and no threads of another; what it writes to stderr is seen.
 *
 * @param argument what it is told, as JSON in its only argument
 * @param before words before the command, such as `["taskset", "-c", "0-7"]`
 * @param flags of the runtime, such as `["--max-semi-space-size=128"]`
 * @returns the JSON of the last line that it wrote
 * @throws Error when it does not end with 0, or its last line is no JSON
 */
export async function runForJson<T>(
  script: URL,
  argument: object,
  before: readonly string[] = [],
  flags: readonly string[] = [],
): Promise<T> {
  const file = fileURLToPath(script);
  const [program = "", ...rest] = [...before, process.execPath, ...flags, file, JSON.stringify(argument)];
  const child = spawn(program, rest, { stdio: ["ignore", "pipe", "inherit"] });
  let written = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    written += text;
  });
  const [code, signal] = await once(child, "close");
  if (code !== 0) throw new Error(`expected ${file} to end with 0, got ${code ?? signal}`);
  const last = written.trimEnd().split("\n").at(-1) ?? "";
  try {
    return JSON.parse(last) as T;
  } catch {
    throw new Error(`expected JSON as the last line of ${file}, got ${JSON.stringify(last)}`);
  }
}

/** What a script was told by {@link runForJson}: of one that was started by hand, nothing. */
export function argumentOf<T>(): T {
  return JSON.parse(process.argv[2] ?? "{}") as T;
}
