import { descendantsOf } from "../../encoder/cores.ts";
import { cpuSecondsOf } from "../measure.ts";

/** Processor seconds that a process and its children have used, all their threads. Linux only. */
export function treeCpuSeconds(root: number): number {
  return [root, ...descendantsOf(root)].reduce((sum, pid) => sum + secondsOf(pid), 0);
}

/** 0 if the process has ended meanwhile. */
function secondsOf(pid: number): number {
  try {
    return cpuSecondsOf(pid);
  } catch (error) {
    if (["ENOENT", "ESRCH"].includes((error as NodeJS.ErrnoException).code ?? "")) return 0;
    throw error;
  }
}
