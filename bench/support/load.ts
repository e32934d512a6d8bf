import { treeCpuSeconds } from "./processor-time.ts";
import { runForJson } from "./script.ts";
import { mean, quantile } from "./statistics.ts";

/** What the calls of a load took. */
export interface CallTimes {
  calls: number;
  /** How long the load went on. */
  seconds: number;
  meanMs: number;
  p50Ms: number;
  p95Ms: number;
  p99Ms: number;
}

/** @param times of each call, milliseconds */
export function timesOf(times: readonly number[], seconds: number): CallTimes {
  const [p50Ms, p95Ms, p99Ms] = [0.5, 0.95, 0.99].map((q) => quantile(times, q)) as [number, number, number];
  return { calls: times.length, seconds, meanMs: mean(times), p50Ms, p95Ms, p99Ms };
}

/**
 * Callers that wait for their answers and ask again until the time is over.
 *
 * @param callers each asks once; one that answers false was refused, which is not among the times
 */
export async function keepAsking(callers: readonly (() => Promise<unknown>)[], seconds: number): Promise<CallTimes> {
  const times: number[] = [];
  const startedAt = performance.now();
  const elapsed = () => (performance.now() - startedAt) / 1000;
  await Promise.all(
    callers.map(async (ask) => {
      while (elapsed() < seconds) {
        const began = performance.now();
        if ((await ask()) !== false) times.push(performance.now() - began);
      }
    }),
  );
  return timesOf(times, elapsed());
}

/**
 * Calls that begin when they are due, whatever those before them take; each counts from then.
 *
 * @param ask one that answers false was refused, which is not among the times
 * @param due milliseconds from the start
 */
export async function askWhenDue(ask: () => Promise<unknown>, due: readonly number[]): Promise<CallTimes> {
  const times: number[] = [];
  const startedAt = performance.now();
  await Promise.all(
    due.map(async (at) => {
      await new Promise((resolve) => setTimeout(resolve, at));
      if ((await ask()) !== false) times.push(performance.now() - startedAt - at);
    }),
  );
  return timesOf(times, (performance.now() - startedAt) / 1000);
}

/**
 * One load by a client in a process of its own, and the processor time that servers took meanwhile, with all that they started, seconds.
 *
 * @param pids the servers' processes, by name
 */
export async function measuredLoad<T, N extends string>(
  client: URL,
  load: object,
  pids: Record<N, number>,
): Promise<{ summary: T; cpu: Record<N, number> }> {
  const read = () => (Object.keys(pids) as N[]).map((name) => [name, treeCpuSeconds(pids[name])] as const);
  const before = new Map(read());
  const summary = await runForJson<T>(client, load);
  const spent = read().map(([name, seconds]) => [name, seconds - before.get(name)!]);
  return { summary, cpu: Object.fromEntries(spent) as Record<N, number> };
}

/** Calls that wait for nobody: at even distances, or as chance has it (Poisson). */
export interface OpenLoad {
  perSecond: number;
  arrivals: "even" | "poisson";
}

/** When they begin, milliseconds from its start. `next` gives whole numbers from 1 to 2³² − 1, as `xorshift` does. */
export function arrivalsOf({ perSecond, arrivals }: OpenLoad, seconds: number, next: () => number): number[] {
  return arrivals === "even"
    ? evenArrivals(perSecond, seconds)
    : poissonArrivals(perSecond, seconds, () => next() / 2 ** 32);
}

/** When calls of an open load begin, milliseconds from its start: one after the other at the same distance, as wrk2 and k6 send. */
export function evenArrivals(perSecond: number, seconds: number): number[] {
  return Array.from({ length: Math.floor(perSecond * seconds) }, (_, i) => (i * 1000) / perSecond);
}

/**
 * The same as many people who do not know of each other would, so the gaps are exponential. `random` gives 0 (excluded) to 1.
 */
export function poissonArrivals(perSecond: number, seconds: number, random: () => number): number[] {
  const times: number[] = [];
  for (let at = 0; ; ) {
    at += (-Math.log(random()) / perSecond) * 1000;
    if (at >= seconds * 1000) return times;
    times.push(at);
  }
}
