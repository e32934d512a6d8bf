import process from "node:process";
import { quantile } from "../support/statistics.ts";

/** Turns of the event loop, milliseconds. */
export interface Turns {
  /** The longest one, and how much processor time of this thread was in the one that had most: what another process did is not ours. */
  longestMs: number;
  longestCpuMs: number;
  p99Ms: number;
}

/** How long the event loop is held while `work` goes on. Looks every millisecond. */
export async function turnsOf(work: () => Promise<unknown>): Promise<Turns> {
  const turns: number[] = [];
  let longestCpuMs = 0;
  let began = performance.now();
  let cpuBegan = process.threadCpuUsage();
  let done = false;
  const turn = () => {
    const { user, system } = process.threadCpuUsage(cpuBegan);
    turns.push(performance.now() - began);
    longestCpuMs = Math.max(longestCpuMs, (user + system) / 1000);
    began = performance.now();
    cpuBegan = process.threadCpuUsage();
    if (!done) setTimeout(turn, 0);
  };
  setTimeout(turn, 0);
  await work();
  done = true;
  turns.push(performance.now() - began);
  return { longestMs: quantile(turns, 1), longestCpuMs, p99Ms: quantile(turns, 0.99) };
}
