import { linkSync, renameSync, rmSync, writeFileSync } from "node:fs";
import process from "node:process";
import { readJson } from "./json-file.ts";
import { identify, isRunning, type ProcessIdentity } from "./process-identity.ts";

/**
 * Takes a lock for this process. A dead holder's lock is taken over.
 *
 * @returns undefined if it is ours now, else who holds it.
 */
export function takeLock(file: string): ProcessIdentity | undefined {
  const mine = `${file}.${process.pid}`;
  writeFileSync(mine, JSON.stringify(identify(process.pid)));
  try {
    while (!linked(mine, file)) {
      const holder = readJson<ProcessIdentity>(file);
      if (holder === undefined) continue; // just given back
      if (isRunning(holder)) return holder;
      removeStale(file, holder);
    }
    return undefined;
  } finally {
    rmSync(mine, { force: true });
  }
}

/** Gives the lock back. */
export function releaseLock(file: string): void {
  rmSync(file, { force: true });
}

/** Who holds the lock, if that process is alive. */
export function lockHolder(file: string): ProcessIdentity | undefined {
  const holder = readJson<ProcessIdentity>(file);
  return holder !== undefined && isRunning(holder) ? holder : undefined;
}

/** A link appears whole or not at all, unlike a file that is created and then written. */
function linked(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

/** Removes the dead holder's lock; puts it back if another process was quicker and it is a living one's already. */
function removeStale(file: string, dead: ProcessIdentity): void {
  const aside = `${file}.stale.${process.pid}`;
  try {
    renameSync(file, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
    throw error;
  }
  if (readJson<ProcessIdentity>(aside)?.pid !== dead.pid) linked(aside, file);
  rmSync(aside, { force: true });
}
