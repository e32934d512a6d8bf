import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import process from "node:process";

/** Who computes where, as lists of processors for `taskset`. */
export interface Cores {
  all: string;
  /** For what is measured: onnxruntime alone, or that which runs the models behind Envoy. */
  measured: string;
  measuredCount: number;
  /** For those who ask: the client, Envoy and the rest of the mesh. In earnest they are other machines. */
  others: string;
}

/**
 * Half of the processors for what is measured and half for those who ask, so that a client never takes the time of what it
 * measures, and both sides of a ratio have the same processors.
 * @returns undefined where that cannot be: one processor, no Linux.
 */
export function splitCores(): Cores | undefined {
  if (process.platform !== "linux") return undefined;
  const all = /^Cpus_allowed_list:\s*(\S+)$/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1] ?? "";
  const cores = all.split(",").flatMap((part) => {
    const [from = 0, to = from] = part.split("-").map(Number);
    return Array.from({ length: to - from + 1 }, (_, i) => from + i);
  });
  const half = Math.floor(cores.length / 2);
  if (half === 0) return undefined;
  return {
    all,
    measured: cores.slice(half).join(),
    measuredCount: cores.length - half,
    others: cores.slice(0, half).join(),
  };
}

/** Keep a process, all its threads and all that it starts from now on, on these processors (`taskset` of util-linux). */
export function pin(pid: number, cores: string): void {
  execFileSync("taskset", ["-apc", cores, String(pid)], { stdio: "ignore" });
}
