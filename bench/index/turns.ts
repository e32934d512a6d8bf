import { closeSync, openSync, readSync } from "node:fs";
import { performance } from "node:perf_hooks";
import process from "node:process";
import { quantile } from "../support/statistics.ts";

/** Turns of the event loop, milliseconds; without the time in which there was nothing to do. */
export interface Turns {
  /** The longest one, by the clock on the wall. */
  longestMs: number;
  /** In how much of that this thread was ready to run and had no processor; undefined where the system does not tell (Linux does). */
  waitedMs: number | undefined;
  /** The longest one without such waiting: what is ours. */
  longestOwnMs: number;
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
  const longest = turns.reduce((one, other) => (other.ms > one.ms ? other : one));
  const own = turns.map(({ ms, waitedMs }) => ms - waitedMs);
  return {
    longestMs: longest.ms,
    waitedMs: waiting && longest.waitedMs,
    longestOwnMs: quantile(own, 1),
    p99Ms: quantile(
      turns.map(({ ms }) => ms),
      0.99,
    ),
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
