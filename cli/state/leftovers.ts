import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import { readJson } from "./json-file.ts";
import { isRunning, type ProcessIdentity } from "./process-identity.ts";

/** A child as it stands in `processes.json`. */
export interface RecordedProcess extends ProcessIdentity {
  name: string;
  /** What asks it to end. */
  stopSignal: NodeJS.Signals;
}

/**
 * Ends children that a killed launcher left behind; a process that merely has the same pid is left alone.
 *
 * @param graceMs How long they may take before SIGKILL.
 * @returns The names of those that were ended.
 */
export async function endLeftovers(file: string, graceMs = 5000): Promise<string[]> {
  const recorded = (readJson<RecordedProcess[]>(file) ?? []).filter(isRunning);
  for (const left of recorded) signalGroup(left.pid, left.stopSignal);
  const deadline = performance.now() + graceMs;
  while (recorded.some(isRunning) && performance.now() < deadline) await sleep(50);
  for (const left of recorded.filter(isRunning)) signalGroup(left.pid, "SIGKILL");
  while (recorded.some(isRunning)) await sleep(20);
  return recorded.map(({ name }) => name);
}

/** Signals the process group that a child leads. */
export function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
