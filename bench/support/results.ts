import { execFileSync } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import os from "node:os";
import { join } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import sharp from "sharp";
import { projectRoot } from "../../cli/state/home.ts";

/** What one run of a bench or an evaluation found. */
export interface Result {
  name: string;
  /** Ours over another's, both measured in this run: above 1 is better than it. Null: the other one is not on this machine. */
  ratios: Record<string, number | null>;
  figures: Record<string, unknown>;
  seed: number;
}

export interface ScriptOptions {
  /** Fewer measurements, to see that it works. */
  quick: boolean;
  seed: number;
  /** Nothing but the last line. */
  json: boolean;
  say(line: string): void;
}

/** The options that every script has, and those of `more`. */
export function readOptions<T extends Record<string, { type: "string" }>>(more: T = {} as T, defaultSeed = 1) {
  const { values } = parseArgs({
    options: { quick: { type: "boolean" }, seed: { type: "string" }, json: { type: "boolean" }, ...more },
  }) as { values: Record<string, string | boolean | undefined> };
  const seed = Number(values.seed ?? defaultSeed);
  if (!Number.isSafeInteger(seed)) throw new RangeError(`expected a whole number as --seed, got ${values.seed}`);
  const json = values.json === true;
  const say = (line: string) => {
    if (!json) console.log(line);
  };
  const options: ScriptOptions = { quick: values.quick === true, seed, json, say };
  return { ...options, more: values as { [K in keyof T]?: string } };
}

/** Keep the result with the machine and the versions it was measured on, and print it as the last line. */
export async function report(result: Result, say: ScriptOptions["say"]): Promise<void> {
  const folder = join(projectRoot, "bench", "results");
  const file = join(folder, `${result.name}-${new Date().toISOString().slice(0, 10)}.json`);
  await mkdir(folder, { recursive: true });
  const measured = { ...result, at: new Date().toISOString(), machine: machine(), versions: versions() };
  await writeFile(file, `${JSON.stringify(measured, undefined, 2)}\n`);
  say(`kept in ${file}`);
  console.log(JSON.stringify(result));
}

function machine() {
  const [cpu] = os.cpus();
  return {
    cpu: cpu?.model.trim(),
    cores: os.availableParallelism(),
    memoryGiB: Math.round(os.totalmem() / 2 ** 30),
    system: `${os.type()} ${os.release()} ${os.arch()}`,
    load1: os.loadavg()[0],
  };
}

function versions() {
  const require = createRequire(import.meta.url);
  const { version } = require("onnxruntime-node/package.json") as { version: string };
  const commit = execFileSync("git", ["rev-parse", "--short", "HEAD"], { cwd: projectRoot, encoding: "utf8" }).trim();
  return { node: process.versions.node, "onnxruntime-node": version, sharp: sharp.versions.sharp, commit };
}
