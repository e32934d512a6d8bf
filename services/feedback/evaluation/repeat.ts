import { setTimeout as delay } from "node:timers/promises";
import type { Logger } from "../../kit/log.ts";

export interface RepeatOptions {
  log: Logger;
  /** Ends it. */
  signal: AbortSignal;
  everyMs: number;
  /** What it means that a run failed, for the log. */
  failure: { event: string; message: string };
  /** Resolves after so long, rejects when the signal is aborted; default: the real clock. */
  wait?: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** Does the work now and then again and again, until the signal is aborted. A run that fails is logged; the next one comes. */
export async function repeat(
  work: () => Promise<void>,
  {
    log,
    signal,
    everyMs,
    failure,
    wait = (ms, until) => delay(ms, undefined, { signal: until, ref: false }),
  }: RepeatOptions,
): Promise<void> {
  while (!signal.aborted) {
    try {
      await work();
    } catch (error) {
      if (!signal.aborted) log.warn({ event: failure.event, err: error }, failure.message);
    }
    try {
      await wait(everyMs, signal);
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }
}
