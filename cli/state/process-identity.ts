import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import process from "node:process";

/** A process as such: its number alone may belong to another one tomorrow. */
export interface ProcessIdentity {
  pid: number;
  /** When it was started, in the system's own words (ticks since boot on Linux, `ps -o lstart` elsewhere). */
  startTime: string;
}

/** Who has this pid now; undefined if nobody (a zombie is nobody). */
export function identify(pid: number): ProcessIdentity | undefined {
  const startTime = process.platform === "linux" ? startTimeFromProc(pid) : startTimeFromPs(pid);
  return startTime === undefined ? undefined : { pid, startTime };
}

/** True while that very process runs. */
export function isRunning(identity: ProcessIdentity): boolean {
  return identify(identity.pid)?.startTime === identity.startTime;
}

function startTimeFromProc(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" "); // from the third on: the name may hold blanks
    return fields[0] === "Z" ? undefined : fields[19];
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ESRCH") return undefined;
    throw error;
  }
}

function startTimeFromPs(pid: number): string | undefined {
  try {
    const line = execFileSync("ps", ["-o", "stat=,lstart=", "-p", String(pid)], { encoding: "utf8" }).trim();
    const [state = "", ...rest] = line.split(/\s+/);
    return line === "" || state.startsWith("Z") ? undefined : rest.join(" ");
  } catch {
    return undefined; // ps ends with 1 if there is no such process
  }
}
