import { readdirSync, readFileSync } from "node:fs";
import { cpuSecondsOf } from "../measure.ts";

/** Processor seconds that a process and its children have used, all their threads. Linux only. */
export function treeCpuSeconds(root: number): number {
  const children = new Map<number, number[]>();
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const parent = ended(() => parentOf(Number(name)));
    if (parent !== undefined) children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
  }
  const pids = [root];
  for (const pid of pids) pids.push(...(children.get(pid) ?? []));
  return pids.reduce((sum, pid) => sum + (ended(() => cpuSecondsOf(pid)) ?? 0), 0);
}

function parentOf(pid: number): number {
  const text = readFileSync(`/proc/${pid}/stat`, "utf8");
  return Number(text.slice(text.lastIndexOf(")") + 2).split(" ")[1]);
}

/** Undefined if the process has ended meanwhile. */
function ended<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (["ENOENT", "ESRCH"].includes((error as NodeJS.ErrnoException).code ?? "")) return undefined;
    throw error;
  }
}
