import { type Ended, run } from "./command.ts";

/** How a step ended: counts, and what a reader has to know. */
export interface StepResult {
  passed: number;
  failed: number;
  /** Why each skipped thing was skipped. */
  skipped: string[];
  /** Failures, ready to print. */
  output: string;
  /** The files that took longest, and how long. */
  longest?: { name: string; seconds: number }[];
}

/** One thing that `npm test` checks. */
export interface Step {
  name: string;
  run(): Promise<StepResult>;
}

export function pass(): StepResult {
  return { passed: 1, failed: 0, skipped: [], output: "" };
}

export function fail(output: string): StepResult {
  return { passed: 0, failed: 1, skipped: [], output };
}

export function skip(reason: string): StepResult {
  return { passed: 0, failed: 0, skipped: [reason], output: "" };
}

/** A step that is one program: exit code 0 passes. */
export function programStep(name: string, command: string, ...args: string[]): Step {
  return { name, run: async () => fromProgram(await run(command, args)) };
}

export function fromProgram({ ok, output }: Ended): StepResult {
  return ok ? pass() : fail(output);
}
