import type { BatchPolicy, Candidate } from "./batch-policy.ts";
import type { FairQueue } from "./fair-queue.ts";
import type { Priority } from "./job.ts";
import type { LatencyCurve } from "./latency-curve.ts";

/** A run in progress. */
export interface Running {
  shape: string;
  size: number;
  startedMs: number;
}

/** What is known when a job comes. */
export interface Load<T extends Candidate> {
  nowMs: number;
  slots: number;
  running: Iterable<Running> & { readonly size: number };
  queues: Readonly<Record<Priority, FairQueue<T>>>;
  /** Usual time that callers allow, by class. */
  usualMs: Readonly<Record<Priority, number>>;
}

/** One of so many jobs that were taken may miss its deadline; if more do, the wait is foreseen longer. */
const MISSES = 1 / 50;
/** How fast the correction follows. */
const STEP = 0.02;
/** Most that a forecast is stretched. */
const MOST_STRETCH = 2;

/** When a job that came now would be done. */
export interface Forecast {
  waitMs: number;
  computeMs: number;
}

/**
 * Foresees when a job would be done, so that one that cannot make it is told at once and costs nothing, as in Clockwork
 * (OSDI'20): inference takes a predictable time, so the queue in front of it does too. Safe estimates throughout, and
 * the wait is stretched by what experience teaches: so much that about one in fifty of those taken misses (Robbins and
 * Monro's stochastic approximation of a quantile), whatever the cause, be it noise or others who were let in front.
 */
export class Admission {
  readonly #curve: LatencyCurve;
  readonly #policy: BatchPolicy;
  readonly #stretch: Record<Priority, number> = { interactive: 1, bulk: 1 };

  constructor(curve: LatencyCurve, policy: BatchPolicy) {
    this.#curve = curve;
    this.#policy = policy;
  }

  /** Undefined when the shape was not run lately: nobody is refused by a guess. */
  foresee<T extends Candidate>(
    job: Pick<T, "shape" | "size" | "caller" | "deadlineMs"> & { priority: Priority },
    load: Load<T>,
  ): Forecast | undefined {
    const { shape, size, priority } = job;
    if (!this.#policy.knows(shape, load.nowMs)) return undefined;
    const queue = load.queues[priority];
    const share = queue.rows === 0 ? 0 : Math.min(1, queue.rowsBefore(job as T) / queue.rows);
    let workMs = priority === "bulk" ? this.#drainMs("interactive", load) : 0;
    for (const [other, rows] of queue.rowsByShape) {
      if (other !== shape)
        workMs += this.#batchesMs(other, Math.ceil(rows * share), this.#limit(priority, other, load));
    }
    const limit = Math.max(size, this.#limit(priority, shape, load));
    const waiting = queue.rowsByShape.get(shape) ?? 0;
    const full = Math.max(0, Math.ceil((Math.ceil(waiting * share) + size) / limit) - 1);
    workMs += full * this.#ms(shape, limit);
    const together = Math.min(limit, Math.max(size, waiting + size - full * limit));
    const waitMs = (this.#freeInMs(load) + workMs / load.slots) * this.#stretch[priority];
    return { waitMs, computeMs: this.#ms(shape, together) };
  }

  /** A job with a deadline that was taken made it, or did not. */
  learn(priority: Priority, made: boolean): void {
    const next = this.#stretch[priority] + STEP * (made ? -MISSES : 1 - MISSES);
    this.#stretch[priority] = Math.min(MOST_STRETCH, Math.max(1, next));
  }

  /**
   * Milliseconds until the queue of a class, and all that goes before it, is worked off; what was never run counts
   * nothing.
   */
  drainMs<T extends Candidate>(priority: Priority, load: Load<T>): number {
    const before = priority === "bulk" ? this.#drainMs("interactive", load) : 0;
    return this.#freeInMs(load) + (before + this.#drainMs(priority, load)) / load.slots;
  }

  #drainMs<T extends Candidate>(priority: Priority, load: Load<T>): number {
    let ms = 0;
    for (const [shape, rows] of load.queues[priority].rowsByShape) {
      ms += this.#batchesMs(shape, rows, this.#limit(priority, shape, load));
    }
    return ms;
  }

  /** Until a slot is free, by estimate. */
  #freeInMs<T extends Candidate>({ nowMs, slots, running }: Load<T>): number {
    if (running.size < slots) return 0;
    let soonest = Number.POSITIVE_INFINITY;
    for (const { shape, size, startedMs } of running) {
      soonest = Math.min(soonest, startedMs + this.#ms(shape, size) - nowMs);
    }
    return Math.max(0, soonest);
  }

  #batchesMs(shape: string, rows: number, limit: number): number {
    const rest = rows % limit;
    return Math.floor(rows / limit) * this.#ms(shape, limit) + (rest > 0 ? this.#ms(shape, rest) : 0);
  }

  #limit<T extends Candidate>(priority: Priority, shape: string, { usualMs }: Load<T>): number {
    return this.#policy.limit(priority, shape, usualMs[priority]);
  }

  #ms(shape: string, n: number): number {
    return this.#curve.leastEstimate(shape, n) ?? 0;
  }
}
