import { execFileSync } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import os from "node:os";
import { join } from "node:path";
import process from "node:process";
import sharp from "sharp";
import { projectRoot } from "../../cli/state/home.ts";
import { type ScriptOptions, saySkipped } from "./options.ts";

/** What one run of a bench or an evaluation found. */
export interface Result {
  name: string;
  /** Ours over another's, both measured in this run: above 1 is better than it. Null: the other one is not on this machine. */
  ratios: Record<string, number | null>;
  figures: Record<string, unknown>;
  /** What was not measured, and why. */
  skipped?: string[];
  seed: number;
}

/** Say what was left out, keep the result with the machine and the versions it was measured on, and print it as the last line. */
export async function report(result: Result, say: ScriptOptions["say"]): Promise<void> {
  saySkipped(result.skipped ?? []);
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
