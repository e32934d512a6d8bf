import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import os from "node:os";
import process from "node:process";

/** Who computes where, as lists for `taskset`. */
export interface Cores {
  /** Of what is measured: the Encoder with all its processes, or onnxruntime alone, one after the other. */
  measured: string;
  measuredCount: number;
  /** Of those who ask: client, Envoy and all other parts. On a real machine the client is another one. */
  others: string;
}

/**
 * Half of the processors for what is measured, the others for those who ask, so that a client never takes the time of what
 * it measures and both sides of a ratio have the same processors.
 * @returns undefined where that cannot be: one processor, or no `taskset` (util-linux).
 */
export function splitCores(): Cores | undefined {
  if (process.platform !== "linux" || os.availableParallelism() < 2) return undefined;
  const allowed = /^Cpus_allowed_list:\s*(\S+)$/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1] ?? "";
  const cores = allowed.split(",").flatMap((part) => {
    const [from = 0, to = from] = part.split("-").map(Number);
    return Array.from({ length: to - from + 1 }, (_, i) => from + i);
  });
  const half = Math.floor(cores.length / 2);
  return {
    others: cores.slice(0, half).join(),
    measured: cores.slice(half).join(),
    measuredCount: cores.length - half,
  };
}

/** Move a process, its threads and all that it started. */
export function pin(pid: number, cores: string): void {
  for (const one of [pid, ...descendants(pid)])
    execFileSync("taskset", ["-apc", cores, String(one)], { stdio: "ignore" });
}

function descendants(root: number): number[] {
  const parents = new Map<number, number>();
  for (const name of readdirSync("/proc")) {
    const pid = Number(name);
    if (Number.isInteger(pid)) parents.set(pid, parentOf(pid));
  }
  const found = [root];
  for (const pid of found) for (const [child, parent] of parents) if (parent === pid) found.push(child);
  return found.slice(1);
}

/** 0 when it has ended meanwhile. */
function parentOf(pid: number): number {
  try {
    return Number(/^PPid:\s*(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0);
  } catch {
    return 0;
  }
}
