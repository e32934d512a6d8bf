import { readFileSync } from "node:fs";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { runChild } from "../../test/support/child.ts";

/** How a measurement is asked for: as JSON in its only argument. */
export interface MeasureOptions {
  quick: boolean;
  seed: number;
}

/** What one measurement found. */
export interface Measure {
  /**
   * Ours over another's, both measured in this run: above 1 is better than it, unless its name ends in `_cpu`. Null: the other one
   * is not on this machine.
   */
  ratios: Record<string, number | null>;
  figures: Record<string, unknown>;
  /** What was not measured, and why. */
  skipped?: string[];
}

/** The options of a measurement that was started by {@link runMeasure}, or by hand without any. */
export function measureOptions(): MeasureOptions {
  const given = JSON.parse(process.argv[2] ?? "{}") as Partial<MeasureOptions>;
  return { quick: given.quick ?? true, seed: given.seed ?? 1 };
}

/** A measurement of this folder in a process of its own, so that none finds the memory and threads of another. */
export async function runMeasure(script: string, options: MeasureOptions, before: string[] = []): Promise<Measure> {
  const written = await runScript(script, [JSON.stringify(options)], before);
  return JSON.parse(written.trim().split("\n").at(-1) ?? "") as Measure;
}

/** A script of this folder to its end. @param before words before the command; @returns what it wrote */
export function runScript(script: string, args: string[], before: string[] = []): Promise<string> {
  const [program = "", ...rest] = [
    ...before,
    process.execPath,
    fileURLToPath(new URL(script, import.meta.url)),
    ...args,
  ];
  return runChild(program, rest);
}

/** The words of a setting: what a person puts before a command, such as `taskset -c 0-7`. */
export function wordsOf(setting: string | undefined): string[] {
  return (setting ?? "").split(" ").filter(Boolean);
}

/**
 * Words before a command that gives it a network of its own, with nothing but loopback, where this may be had: some servers open
 * ports to everybody.
 */
export function onLoopbackOnly(): string[] {
  if (process.platform !== "linux" || process.getuid?.() !== 0) return [];
  return ["unshare", "--net", "sh", "-c", 'ip link set lo up && exec "$@"', "sh"];
}

/** Say what was found, as the last line. */
export function answer(measure: Measure): void {
  console.log(JSON.stringify(measure));
}

export function median(values: number[]): number {
  return values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

/** Hertz of the counters in /proc; 100 on every Linux that Node runs on. */
const TICKS = 100;

/** Processor seconds that a process has used, all its threads. Linux only. */
export function cpuSecondsOf(pid: number): number {
  const text = readFileSync(`/proc/${pid}/stat`, "utf8");
  // Behind the name, which may hold anything: state is field 3, utime 14, stime 15.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / TICKS;
}
