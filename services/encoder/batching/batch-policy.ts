import type { FairQueue, Waiting } from "./fair-queue.ts";
import type { Priority } from "./job.ts";
import type { LatencyCurve } from "./latency-curve.ts";

/** A measurement older than this is no reason to say no: the machine may have got better, and only a run can tell. */
const FRESH_MS = 10_000;

/** A job that was given this many times a full batch's compute had time for one, and has waited. */
const WAITED = 1.5;

/** What the policy has to know of a waiting job. */
export interface Candidate extends Waiting {
  /** When it came. */
  readonly sinceMs: number;
  /** Shares a batch with nobody. */
  readonly alone: boolean;
}

export interface BatchPolicyOptions {
  curve: LatencyCurve;
  /** Most rows of a batch of that shape. */
  maxBatch(shape: string): number;
  /** Longest wait for company, in milliseconds. */
  maxDelayMs: number;
  /** Longest compute of a bulk batch, even if it is a slow one, in milliseconds. */
  maxBulkMs: number;
}

/** How things are when a slot is free. */
export interface Moment {
  nowMs: number;
  /** Whether other runs are in progress. */
  busy: boolean;
  /** Usual time between two arrivals, in milliseconds. */
  gapMs: number;
  /** Usual time that callers of the class allow, in milliseconds; `Infinity`: they set no deadline. */
  usualMs: number;
}

/** Which jobs run together and when: decided from what waits, what the curve says and the time. Keeps no state. */
export class BatchPolicy {
  readonly #options: BatchPolicyOptions;

  constructor(options: BatchPolicyOptions) {
    this.#options = options;
  }

  /**
   * Most rows of the next batch. A job may have to wait for the batch before its own, so a batch takes no more than
   * half of the time that callers usually allow (Nexus, SOSP'19); a bulk batch besides not more than an interactive
   * call may be made to wait. Bulk of a shape that was never run starts with one row.
   */
  limit(priority: Priority, shape: string, usualMs: number): number {
    const { curve, maxBulkMs, maxBatch } = this.#options;
    const max = maxBatch(shape);
    const budgetMs = usualMs / 2;
    if (priority === "interactive") return curve.best(shape, { max, budgetMs });
    if (curve.measuredAt(shape) === undefined) return 1;
    return curve.best(shape, { max, budgetMs, slowBudgetMs: maxBulkMs });
  }

  /**
   * How long to leave the slot empty so that more can join; 0: start now.
   *
   * An idle machine starts at once, unlike Triton's `max_queue_delay_microseconds` and TorchServe's `maxBatchDelay`,
   * which tax a single call with the whole delay. It is idle when nothing runs and the next job is not expected before
   * a run of its own would have been paid for. Else a batch waits for company, at most as long as one run's fixed cost:
   * who waits no longer than what joining saves never pays more than twice the best (Dooly, Goldman and Scott, JACM
   * 2001, on acknowledgements).
   */
  holdMs<T extends Candidate>(queue: FairQueue<T>, priority: Priority, moment: Moment): number {
    const { curve, maxDelayMs } = this.#options;
    const { nowMs, busy, gapMs, usualMs } = moment;
    const first = queue.first();
    if (!first || first.alone) return 0;
    const { shape } = first;
    const rows = queue.rowsByShape.get(shape) ?? 0;
    if (rows >= this.limit(priority, shape, usualMs)) return 0;
    const fixedMs = curve.fixedMs(shape);
    if (!busy && (fixedMs === undefined || gapMs >= fixedMs)) return 0;
    let hold = Number.POSITIVE_INFINITY;
    const mostMs = Math.min(maxDelayMs, fixedMs ?? maxDelayMs);
    for (const { sinceMs, deadlineMs, size } of queue.ofShape(shape)) {
      const withOneMore = curve.safeEstimate(shape, rows + Math.max(1, size)) ?? 0;
      hold = Math.min(hold, sinceMs + mostMs - nowMs, deadlineMs - withOneMore - nowMs);
    }
    return Math.max(0, hold);
  }

  /**
   * Take the next batch out of the queue: the shape of who is next, filled in the order of service up to the limit, as
   * long as everybody in it still makes the deadline. `hopeless` are those met on the way that are not to be saved;
   * they stay in the queue for the caller to remove.
   *
   * Under overload those at the head have waited longest and would allow the smallest batches only, which make the next
   * ones later still: goodput collapses. So one that has not the time for a full batch any more is given up when its
   * small batch would make others miss their deadline (the "early drop" of Nexus, SOSP'19), unless it never had that
   * time.
   */
  choose<T extends Candidate>(
    queue: FairQueue<T>,
    priority: Priority,
    { nowMs, usualMs }: Moment,
  ): { batch: T[]; hopeless: T[] } {
    const first = queue.first();
    if (!first) return { batch: [], hopeless: [] };
    const { shape } = first;
    const limit = this.limit(priority, shape, usualMs);
    const fullMs = this.#trusted(shape, limit, nowMs) ?? 0;
    const crowded = this.#crowded([...queue.ofShape(shape)], limit, fullMs, nowMs);
    const hopeless: T[] = [];
    let rows = 0;
    let tightest = Number.POSITIVE_INFINITY;
    let closed = false;
    const batch = queue.take(shape, (job) => {
      if (closed) return "stop";
      const doneMs = nowMs + (this.#trusted(shape, rows + job.size, nowMs) ?? 0);
      const missesFull = nowMs + fullMs > job.deadlineMs && job.deadlineMs - job.sinceMs >= WAITED * fullMs;
      if (!this.#reachable(job, nowMs) || (crowded && missesFull)) {
        hopeless.push(job);
        return "skip";
      }
      if (rows > 0) {
        if (job.alone || rows + job.size > limit || doneMs > job.deadlineMs) return "skip";
        if (doneMs > tightest) return "stop";
      }
      rows += job.size;
      tightest = Math.min(tightest, job.deadlineMs);
      closed = job.alone || rows >= limit;
      return "take";
    });
    return { batch, hopeless };
  }

  /**
   * Whether there are full batches of jobs with time enough that would not all be in time if one smaller batch went
   * before: one of a single row, the quickest there is.
   */
  #crowded(jobs: Candidate[], limit: number, fullMs: number, nowMs: number): boolean {
    const early = jobs
      .filter(({ deadlineMs }) => nowMs + fullMs <= deadlineMs)
      .sort((a, b) => a.deadlineMs - b.deadlineMs);
    const [some] = jobs;
    if (!some || early.length === jobs.length || early.reduce((sum, { size }) => sum + size, 0) < limit) return false;
    let doneMs = nowMs + (this.#trusted(some.shape, 1, nowMs) ?? 0);
    let rows = limit;
    for (const { size, deadlineMs } of early) {
      if (rows + size > limit) {
        doneMs += fullMs;
        rows = 0;
      }
      rows += size;
      if (doneMs > deadlineMs) return true;
    }
    return false;
  }

  /** Whether a job that starts now, alone, may be done in time. */
  #reachable({ shape, size, deadlineMs }: Candidate, nowMs: number): boolean {
    return nowMs < deadlineMs && nowMs + (this.#trusted(shape, size, nowMs) ?? 0) <= deadlineMs;
  }

  /** Whether the curve knows the shape well enough to refuse by it. */
  knows(shape: string, nowMs: number): boolean {
    const measuredMs = this.#options.curve.measuredAt(shape);
    return measuredMs !== undefined && nowMs - measuredMs <= FRESH_MS;
  }

  #trusted(shape: string, n: number, nowMs: number): number | undefined {
    return this.knows(shape, nowMs) ? this.#options.curve.estimate(shape, n) : undefined;
  }
}
