import type { Logger } from "./log.ts";
import { pause as pauseByTimer } from "./pause.ts";

export interface RepeatOptions {
  /** From the end of one run to the beginning of the next, milliseconds. */
  everyMs: number;
  /** Ends it; a run that is under way is waited for. */
  signal: AbortSignal;
  log: Pick<Logger, "warn">;
  /** What it means that a run failed, for the log. */
  failure: { event: string; message: string };
  /** Resolves after so many milliseconds or when the signal is aborted. Default: by the clock. */
  pause?: (ms: number, signal: AbortSignal) => Promise<void>;
}

/**
 * Do some work now and then again and again, until the signal is aborted. Whatever makes a run fail, the next one comes; of
 * several failures in a row the first one is logged.
 */
export async function repeat(
  work: () => void | Promise<void>,
  { everyMs, signal, log, failure, pause = pauseByTimer }: RepeatOptions,
): Promise<void> {
  let failing = false;
  while (!signal.aborted) {
    try {
      await work();
      failing = false;
    } catch (error) {
      if (!failing && !signal.aborted) log.warn({ event: failure.event, err: error }, failure.message);
      failing = true;
    }
    await pause(everyMs, signal);
  }
}
