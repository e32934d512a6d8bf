import { existsSync, readdirSync, writeFileSync } from "node:fs";
import os from "node:os";
import process from "node:process";

const AUTOGROUP = "/proc/self/autogroup";
const YIELDING = 10;

/** Whether {@link setYielding} may be called: to take a priority back takes rights. */
export const mayYield = process.platform === "linux" && process.getuid?.() === 0;

/** Words before a command that give it a session of its own, and so a priority of its own beside other sessions (sched(7), autogroup). */
export const ownSession: readonly string[] = mayYield ? ["setsid", "--wait"] : [];

/** Whether processes leave the processors to everybody else who wants one. They are of this process's session, which it leads. */
export function setYielding(isYielding: boolean, pids: readonly number[]): void {
  const nice = isYielding ? YIELDING : 0;
  // On Linux each thread has a priority of its own.
  for (const pid of pids) for (const thread of readdirSync(`/proc/${pid}/task`)) os.setPriority(Number(thread), nice);
  if (existsSync(AUTOGROUP)) writeFileSync(AUTOGROUP, String(nice));
}
