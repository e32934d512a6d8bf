import { existsSync, writeFileSync } from "node:fs";
import os from "node:os";
import process from "node:process";

const AUTOGROUP = "/proc/self/autogroup";
const YIELDING = 10;

/** Whether {@link setYielding} may be called: to take a priority back takes rights. */
export const mayYield = process.platform === "linux" && process.getuid?.() === 0;

/** Words before a command that give it a session of its own, and so a priority of its own beside other sessions (sched(7), autogroup). */
export const ownSession: readonly string[] = mayYield ? ["setsid", "--wait"] : [];

/** Whether what this process starts from now on leaves the processors to everybody else who wants one. The process leads a session of its own. */
export function setYielding(isYielding: boolean): void {
  const nice = isYielding ? YIELDING : 0;
  os.setPriority(nice);
  if (existsSync(AUTOGROUP)) writeFileSync(AUTOGROUP, String(nice));
}
