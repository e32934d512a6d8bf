import { closeSync, openSync, readSync } from "node:fs";
import { type PerformanceEntry, PerformanceObserver, performance } from "node:perf_hooks";
import process from "node:process";
import { setImmediate as nextTurn } from "node:timers/promises";
import { quantile } from "../support/statistics.ts";

/** Turns of the event loop, milliseconds; without the time in which there was nothing to do. */
export interface Turns {
  /** The longest one, by the clock on the wall. */
  longestMs: number;
  /** In how much of that this thread was ready to run and had no processor; undefined where the system does not tell (Linux does). */
  waitedMs: number | undefined;
  /** The longest one without such waiting: what is ours. */
  longestOwnMs: number;
  /** The longest collection of garbage, or step of one; 0: there was none. */
  collectingMs: number;
  p99Ms: number;
}

interface Turn {
  ms: number;
  waitedMs: number;
}

/** How long the event loop is held while `work` goes on. Looks every millisecond. */
export async function turnsOf(work: () => Promise<unknown>): Promise<Turns> {
  const turns: Turn[] = [];
  const waiting = waitingTime();
  const collecting = longestCollection();
  const look = () => ({ ms: performance.now() - performance.nodeTiming.idleTime, waitedMs: waiting?.read() ?? 0 });
  let began = look();
  let done = false;
  const take = () => {
    const now = look();
    turns.push({ ms: now.ms - began.ms, waitedMs: now.waitedMs - began.waitedMs });
    began = look();
  };
  const turn = () => {
    if (done) return;
    take();
    setTimeout(turn, 0);
  };
  setTimeout(turn, 0);
  await work();
  done = true;
  take();
  waiting?.close();
  const collectingMs = await collecting();
  const longest = turns.reduce((one, other) => (other.ms > one.ms ? other : one));
  const own = turns.map(({ ms, waitedMs }) => ms - waitedMs);
  return {
    longestMs: longest.ms,
    waitedMs: waiting && longest.waitedMs,
    longestOwnMs: quantile(own, 1),
    collectingMs,
    p99Ms: quantile(
      turns.map(({ ms }) => ms),
      0.99,
    ),
  };
}

/** @returns what ends the look at collections and tells how long the longest one took, milliseconds */
function longestCollection(): () => Promise<number> {
  let longest = 0;
  const see = (entries: PerformanceEntry[]) => {
    for (const { duration } of entries) longest = Math.max(longest, duration);
  };
  const observer = new PerformanceObserver((list) => see(list.getEntries()));
  observer.observe({ entryTypes: ["gc"] });
  return async () => {
    await nextTurn(); // they are told a turn later
    see(observer.takeRecords());
    observer.disconnect();
    return longest;
  };
}

/** Time that this thread has waited for a processor so far: the second number of proc_schedstat(5). */
function waitingTime(): { read(): number; close(): void } | undefined {
  if (process.platform !== "linux") return undefined;
  const file = openSync("/proc/thread-self/schedstat", "r");
  const text = Buffer.alloc(128);
  return {
    read: () => Number(text.toString("latin1", 0, readSync(file, text, 0, text.length, 0)).split(" ")[1]) / 1e6,
    close: () => closeSync(file),
  };
}
