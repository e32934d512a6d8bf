import process from "node:process";
import { argumentOf, runForJson } from "./script.ts";

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
  const { quick = true, seed = 1 } = argumentOf<Partial<MeasureOptions>>();
  return { quick, seed };
}

/** A measurement in a process of its own, so that none finds the memory and threads of another. @param before see runForJson */
export function runMeasure(script: URL, options: MeasureOptions, before: readonly string[] = []): Promise<Measure> {
  return runForJson<Measure>(script, options, before);
}

/** Say what was found, as the last line. */
export function answer(measure: Measure): void {
  console.log(JSON.stringify(measure));
}

/** Say that nothing can be measured on this machine, and why, as the last line; ends the process. */
export function leaveOut(...skipped: string[]): never {
  answer({ ratios: {}, figures: {}, skipped });
  process.exit(0);
}
