import process from "node:process";
import { fileURLToPath } from "node:url";
import { type Child, startChild } from "./child.ts";

/** A server in a process of its own. */
export interface ServerProcess extends Child {
  /** Where it serves. */
  url: string;
  pid: number;
}

export interface ServerOptions {
  /** Settings over those of this process. */
  env?: Record<string, string>;
  /** What runs it: a program and words before the file; default: the Node that runs this. */
  runtime?: readonly string[];
}

/**
 * Starts a program that says that it serves, and where, as the kit's `runService` does: a line of JSON with `event` "serving" and
 * `url`. Fails with its output if it ends before that.
 */
export async function startServer(
  program: URL,
  { env = {}, runtime: [command = "", ...words] = [process.execPath] }: ServerOptions = {},
): Promise<ServerProcess> {
  const child = await startChild(command, [...words, fileURLToPath(program)], /"event":"serving".*\n/, env);
  const line = child
    .output()
    .split("\n")
    .find((one) => one.includes('"event":"serving"'));
  const { url } = JSON.parse(line ?? "{}") as { url?: string };
  if (url === undefined) throw new Error(`expected where ${program} serves, got ${line}`);
  return { ...child, url, pid: child.process.pid! };
}
