import { readdirSync, readFileSync, readlinkSync, realpathSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import { identify } from "../../state/process-identity.ts";

/**
 * Ends what a killed PostgreSQL left on its data: sessions that have not noticed yet, which would keep the
 * shared memory, and a pid file whose number belongs to another process by now. The data itself is not touched:
 * the next start recovers it from the log.
 */
export async function clearPostgresLeftovers(data: string): Promise<void> {
  for (const signal of ["SIGQUIT", "SIGKILL"] as const) {
    for (const pid of processesIn(data)) process.kill(pid, signal);
    for (let round = 0; round < 20 && processesIn(data).length > 0; round++) await sleep(25);
  }
  const pidFile = join(data, "postmaster.pid");
  if (process.platform === "linux" || !isAlive(pidFile)) rmSync(pidFile, { force: true });
}

/** PostgreSQL's processes work in the data folder. Seen on Linux only; elsewhere a restart a moment later does. */
function processesIn(data: string): number[] {
  if (process.platform !== "linux") return [];
  const folder = realpathSync(data);
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && link(`/proc/${name}/cwd`) === folder)
    .filter((name) => basename(link(`/proc/${name}/exe`)) === "postgres")
    .map(Number);
}

function link(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return ""; // ended meanwhile, or another user's
  }
}

function isAlive(pidFile: string): boolean {
  try {
    return identify(Number(readFileSync(pidFile, "utf8").split("\n")[0])) !== undefined;
  } catch {
    return false; // no such file
  }
}
