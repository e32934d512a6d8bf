import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import process from "node:process";

/** Who listens on a TCP port of this machine, as far as the system lets us see. */
export interface PortHolder {
  pid: number;
  /** Its command line, shortened. */
  command: string;
}

/** The process that listens on the port; undefined if it cannot be seen (another user's, or just gone). */
export function findPortHolder(port: number): PortHolder | undefined {
  const pid = process.platform === "linux" ? pidFromProc(port) : pidFromLsof(port);
  return pid === undefined ? undefined : { pid, command: commandOf(pid) };
}

const LISTENING = "0A";

function pidFromProc(port: number): number | undefined {
  const inodes = new Set<string>();
  for (const table of ["/proc/net/tcp", "/proc/net/tcp6"]) {
    for (const line of readIfThere(table).split("\n").slice(1)) {
      const [, local = "", , state, , , , , , inode = ""] = line.trim().split(/\s+/);
      if (state === LISTENING && Number.parseInt(local.split(":")[1] ?? "", 16) === port)
        inodes.add(`socket:[${inode}]`);
    }
  }
  if (inodes.size === 0) return undefined;
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    if (openFiles(pid).some((target) => inodes.has(target))) return Number(pid);
  }
  return undefined;
}

/** What the process has open: nothing for another user's process, or one that has just ended. */
function openFiles(pid: string): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).map((fd) => linkIfThere(`/proc/${pid}/fd/${fd}`));
  } catch {
    return [];
  }
}

function linkIfThere(link: string): string {
  try {
    return readlinkSync(link);
  } catch {
    return ""; // closed meanwhile, as the one through which this very folder was read
  }
}

function pidFromLsof(port: number): number | undefined {
  try {
    const pids = execFileSync("lsof", ["-nP", "-t", `-iTCP:${port}`, "-sTCP:LISTEN"], { encoding: "utf8" });
    return Number(pids.split("\n")[0]) || undefined;
  } catch {
    return undefined; // lsof ends with 1 if nobody listens, and may be missing
  }
}

function commandOf(pid: number): string {
  const line =
    process.platform === "linux"
      ? readIfThere(`/proc/${pid}/cmdline`).replaceAll("\0", " ")
      : execFileSync("ps", ["-o", "command=", "-p", String(pid)], { encoding: "utf8" });
  const command = line.trim();
  return command.length > 80 ? `${command.slice(0, 79)}…` : command;
}

function readIfThere(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return ""; // IPv6 switched off, or the process has ended
  }
}
