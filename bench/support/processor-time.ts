import { existsSync, readdirSync, readFileSync } from "node:fs";
import process from "node:process";

/** Hertz of the counters in /proc; 100 on every Linux that Node runs on. */
const TICKS = 100;

/** Processor seconds that a process has used, all its threads. Linux only. */
export function cpuSecondsOf(pid: number): number {
  const text = readFileSync(`/proc/${pid}/stat`, "utf8");
  // Behind the name, which may hold anything: state is field 3, utime 14, stime 15.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / TICKS;
}

/** Processor seconds that a process and its children have used, all their threads. Linux only. */
export function treeCpuSeconds(root: number): number {
  return [root, ...descendantsOf(root)].reduce((sum, pid) => sum + (unlessEnded(() => cpuSecondsOf(pid)) ?? 0), 0);
}

/** The processes that a process started, and those that they started. Linux only. */
export function descendantsOf(root: number): number[] {
  const children = Map.groupBy(allPids(), (pid) => unlessEnded(() => parentOf(pid)));
  const found = [root];
  for (const pid of found) found.push(...(children.get(pid) ?? []));
  return found.slice(1);
}

/** A process or a thread of the kernel whose name begins so; undefined: there is none, or no /proc. */
export function processNamed(name: string): number | undefined {
  if (!existsSync("/proc")) return undefined;
  return allPids().find((pid) => unlessEnded(() => readFileSync(`/proc/${pid}/comm`, "utf8"))?.startsWith(name));
}

/** Processor seconds of this process, and wall seconds, while `work` went on. */
export async function timed<T>(work: () => Promise<T>): Promise<{ value: T; cpu: number; wall: number }> {
  const [began, cpuBegan] = [performance.now(), process.cpuUsage()];
  const value = await work();
  const { user, system } = process.cpuUsage(cpuBegan);
  return { value, cpu: (user + system) / 1e6, wall: (performance.now() - began) / 1000 };
}

function allPids(): number[] {
  return readdirSync("/proc").map(Number).filter(Number.isInteger);
}

function parentOf(pid: number): number {
  return Number(/^PPid:\s*(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);
}

/** Undefined if the process that is looked at has ended meanwhile. */
function unlessEnded<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch (error) {
    if (["ENOENT", "ESRCH"].includes((error as NodeJS.ErrnoException).code ?? "")) return undefined;
    throw error;
  }
}
