import process from "node:process";
import { fileURLToPath } from "node:url";
import { runChild } from "../../test/support/child.ts";

export { cpuSecondsOf, median } from "../index/measure.ts";

/** A script of this folder in a process of its own; @returns what it wrote. */
export function runScript(script: string, args: string[]): Promise<string> {
  return runChild(process.execPath, [fileURLToPath(new URL(script, import.meta.url)), ...args]);
}
