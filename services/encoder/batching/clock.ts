import { LONGEST_TIMER_MS } from "../../kit/deadline.ts";

/** Time as the batcher sees it. Any origin will do; it must not go back. */
export interface Clock {
  /** Milliseconds, fractions included. */
  now(): number;
  /** Call `fn` once after `ms`; the returned function prevents it. */
  schedule(ms: number, fn: () => void): () => void;
}

/** The monotonic clock of this process: a corrected wall clock moves no deadline. */
export const monotonicClock: Clock = {
  now: () => performance.now(),
  schedule(ms, fn) {
    const timer = setTimeout(fn, Math.min(ms, LONGEST_TIMER_MS));
    return () => clearTimeout(timer);
  },
};
