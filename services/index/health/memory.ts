import os from "node:os";
import process from "node:process";

/** Where there is no such function (Deno, older Bun) the machine's own figures stand in. */
const limits = process as Partial<Pick<NodeJS.Process, "availableMemory" | "constrainedMemory">>;

/** Share of the memory that this process may have (its container's, or the machine's) which is still free, 0 to 1. */
export function memoryFree(): number {
  const total = os.totalmem();
  const allowed = limits.constrainedMemory?.() || total; // 0: no limit is known; a huge one: there is none
  const free = limits.availableMemory?.() ?? os.freemem();
  return Math.max(0, Math.min(1, free / Math.min(allowed, total)));
}
