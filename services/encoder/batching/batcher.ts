import { Admission, type Load, type Running } from "./admission.ts";
import { BatchPolicy, type Moment } from "./batch-policy.ts";
import type { Clock } from "./clock.ts";
import { FairQueue } from "./fair-queue.ts";
import { type DropReason, type Job, PRIORITIES, type Priority, type RefusalReason } from "./job.ts";
import { LatencyCurve } from "./latency-curve.ts";
import { BatcherClosedError, DeadlinePassedError, DeadlineTooCloseError, QueueFullError } from "./refusals.ts";
import { RecentMedian } from "./statistics.ts";
import { type Ending, Ticket } from "./ticket.ts";
import { type BatchCounts, type BatchWatch, noCounts } from "./watch.ts";

/** For whom a batch runs. */
export interface BatchCall {
  priority: Priority;
  /** The last deadline of those in it, on the batcher's clock; `Infinity`: none. */
  deadlineMs: number;
}

export interface BatcherOptions<I, O> {
  /** Compute one batch: an output for each input, in their order. */
  run(shape: string, inputs: I[], call: BatchCall): Promise<O[]>;
  clock: Clock;
  /** Most rows of a batch, for all shapes or by shape. Default 32. */
  maxBatch?: number | ((shape: string) => number);
  /** Longest wait for company while the machine is busy, in milliseconds. Default 5. */
  maxDelayMs?: number;
  /** Most jobs of a class that wait. Default 1024. */
  maxQueued?: number;
  /** Runs at a time. Default 1. */
  slots?: number;
  /**
   * Longest compute of a bulk batch: what an interactive call may have to wait for it, in milliseconds. Default 100.
   */
  maxBulkMs?: number;
  /** Run the jobs of a failed batch once more, one by one, so that a bad input fails alone. Default true. */
  isolateFailures?: boolean;
  curve?: LatencyCurve;
  watch?: BatchWatch;
}

/** Allowed times and gaps between arrivals of which the median is what is usual. */
const USUAL = { allowed: 63, gaps: 15 };

/**
 * Gathers jobs into batches by class, fairness and deadline, and says no early to what cannot be done in time.
 *
 * Interactive goes before bulk, always; inside a class the order is {@link FairQueue}'s, when and how much runs
 * together is {@link BatchPolicy}'s, who is refused is {@link Admission}'s. A job whose deadline passed or whose signal
 * was aborted is never computed; one for which that happens meanwhile is told at once. Pure: time is the clock's.
 */
export class Batcher<I, O> {
  readonly curve: LatencyCurve;
  readonly counts: BatchCounts = noCounts();
  readonly #run: BatcherOptions<I, O>["run"];
  readonly #clock: Clock;
  readonly #maxBatch: (shape: string) => number;
  readonly #maxQueued: number;
  readonly #slots: number;
  readonly #isolateFailures: boolean;
  readonly #watch: BatchWatch;
  readonly #policy: BatchPolicy;
  readonly #admission: Admission;
  readonly #queues: Record<Priority, FairQueue<Ticket<I, O>>> = { interactive: new FairQueue(), bulk: new FairQueue() };
  readonly #allowed: Record<Priority, RecentMedian> = {
    interactive: new RecentMedian(USUAL.allowed),
    bulk: new RecentMedian(USUAL.allowed),
  };
  readonly #gaps = new RecentMedian(USUAL.gaps);
  readonly #running = new Set<Running>();
  readonly #closed = Promise.withResolvers<void>();
  #closing = false;
  #lastArrivalMs = Number.NEGATIVE_INFINITY;
  #orders = 0;
  #soon = false;
  #cancelWake: (() => void) | undefined;

  /** @throws RangeError when an option is out of its range. */
  constructor(options: BatcherOptions<I, O>) {
    const { run, clock, maxBatch = 32, maxDelayMs = 5, maxQueued = 1024, slots = 1, maxBulkMs = 100 } = options;
    atLeast("maxBatch", typeof maxBatch === "number" ? maxBatch : 1, 1);
    atLeast("maxDelayMs", maxDelayMs, 0);
    atLeast("maxQueued", maxQueued, 1);
    atLeast("slots", slots, 1);
    atLeast("maxBulkMs", maxBulkMs, 0);
    this.curve = options.curve ?? new LatencyCurve();
    this.#run = run;
    this.#clock = clock;
    this.#maxBatch = typeof maxBatch === "number" ? () => maxBatch : maxBatch;
    this.#maxQueued = maxQueued;
    this.#slots = slots;
    this.#isolateFailures = options.isolateFailures ?? true;
    this.#watch = options.watch ?? {};
    this.#policy = new BatchPolicy({ curve: this.curve, maxBatch: this.#maxBatch, maxDelayMs, maxBulkMs });
    this.#admission = new Admission(this.curve, this.#policy);
  }

  /** Jobs that wait, by class, and runs in progress. */
  get load(): Record<Priority, number> & { running: number } {
    const { interactive, bulk } = this.#queues;
    return { interactive: interactive.length, bulk: bulk.length, running: this.#running.size };
  }

  /** Most rows that a batch of this class and shape has just now. */
  limit(priority: Priority, shape: string): number {
    return this.#policy.limit(priority, shape, this.#allowed[priority].value);
  }

  /**
   * Milliseconds until a job that came now would be done, by the estimate that refuses it when it has less; undefined: the
   * shape was not run lately.
   */
  foresee(job: Pick<Job<I>, "shape" | "size" | "priority" | "caller" | "deadlineMs">): number | undefined {
    const forecast = this.#admission.foresee({ ...job, size: job.size ?? 1 }, this.#load(this.#clock.now()));
    return forecast && forecast.waitMs + forecast.computeMs;
  }

  /**
   * The job's output.
   * @throws DeadlineTooCloseError, QueueFullError, BatcherClosedError at once when it is not taken; QueueFullError
   *   later when it has to make room for a caller with less waiting; DeadlinePassedError when its time is over; the
   *   signal's reason when that is aborted; RangeError for a size that is no whole number from 1 to the largest batch;
   *   else what the run threw.
   */
  submit(job: Job<I>): Promise<O> {
    const { size = 1, shape, priority, deadlineMs, signal } = job;
    const max = this.#maxBatch(shape);
    if (!Number.isInteger(size) || size < 1 || size > max) {
      return Promise.reject(new RangeError(`expected a job of 1 to ${max} rows, got ${size}; split it`));
    }
    const nowMs = this.#clock.now();
    this.counts.submitted++;
    if (this.#closing) return this.#refuse(job, "closed", new BatcherClosedError());
    this.#noteArrival(nowMs, priority, deadlineMs);
    if (signal?.aborted) return this.#leave(priority, "aborted", signal.reason);
    if (!(nowMs < deadlineMs)) return this.#leave(priority, "deadline", new DeadlinePassedError("before it was asked"));
    const forecast = this.#admission.foresee({ ...job, size }, this.#load(nowMs));
    if (forecast && nowMs + forecast.waitMs + forecast.computeMs > deadlineMs) {
      const neededMs = forecast.waitMs + forecast.computeMs;
      return this.#refuse(job, "deadline_too_close", new DeadlineTooCloseError(neededMs, deadlineMs - nowMs));
    }
    const queue = this.#queues[priority];
    if (queue.length >= this.#maxQueued) {
      const full = new QueueFullError(
        queue.length,
        this.#maxQueued,
        this.#admission.drainMs(priority, this.#load(nowMs)),
      );
      const heaviest = queue.heaviest(job.caller, size);
      if (!heaviest) return this.#refuse(job, "queue_full", full);
      this.#drop(heaviest, "displaced", full);
    }
    const ticket = new Ticket<I, O>(job, this.#orders++, nowMs);
    ticket.watch(this.#clock, (why) => this.#end(ticket, why, signal?.reason));
    this.#enqueue(ticket);
    return ticket.answer;
  }

  /** Take no more, finish what is queued. */
  close(): Promise<void> {
    this.#closing = true;
    this.#dispatchSoon();
    return this.#closed.promise;
  }

  #noteArrival(nowMs: number, priority: Priority, deadlineMs: number): void {
    // Those that come in one turn run together anyway: they say nothing about the next one.
    if (!this.#soon) {
      if (this.#lastArrivalMs !== Number.NEGATIVE_INFINITY) this.#gaps.add(nowMs - this.#lastArrivalMs);
      this.#lastArrivalMs = nowMs;
    }
    this.#allowed[priority].add(Math.max(0, deadlineMs - nowMs));
  }

  #refuse({ priority }: Job<I>, reason: RefusalReason, error: Error): Promise<never> {
    this.counts.refused[reason]++;
    this.#watch.refused?.(priority, reason);
    return Promise.reject(error);
  }

  #leave(priority: Priority, reason: DropReason, error: unknown): Promise<never> {
    this.counts.dropped[reason]++;
    this.#watch.dropped?.(priority, reason);
    return Promise.reject(error);
  }

  #enqueue(ticket: Ticket<I, O>): void {
    ticket.state = "waiting";
    this.#queues[ticket.priority].add(ticket);
    this.#tellDepth(ticket.priority);
    this.#dispatchSoon();
  }

  #drop(ticket: Ticket<I, O>, reason: DropReason, error: unknown): void {
    this.#queues[ticket.priority].remove(ticket);
    this.counts.dropped[reason]++;
    ticket.reject(error);
    if (reason === "deadline") this.#admission.learn(ticket.priority, false);
    this.#watch.dropped?.(ticket.priority, reason);
    this.#tellDepth(ticket.priority);
    this.#dispatchSoon();
  }

  /** Nobody waits for the ticket any more. */
  #end(ticket: Ticket<I, O>, why: Ending, reason: unknown): void {
    const error = (where: string) => (why === "aborted" ? reason : new DeadlinePassedError(where));
    if (ticket.state === "waiting") this.#drop(ticket, why, error("in the queue"));
    else this.#abandon(ticket, why, error("while it was computed"));
  }

  #abandon(ticket: Ticket<I, O>, why: Ending, error: unknown): void {
    this.counts.late[why]++;
    ticket.reject(error);
    if (why === "deadline") this.#admission.learn(ticket.priority, false);
    this.#watch.late?.(ticket.priority, why);
  }

  /** After all that happens in this turn, so that calls that come together run together. */
  #dispatchSoon(): void {
    if (this.#soon) return;
    this.#soon = true;
    queueMicrotask(() => {
      this.#soon = false;
      this.#dispatch();
    });
  }

  #dispatch(): void {
    this.#cancelWake?.();
    this.#cancelWake = undefined;
    while (this.#running.size < this.#slots) {
      const priority = PRIORITIES.find((each) => this.#queues[each].length > 0);
      if (!priority) break;
      const queue = this.#queues[priority];
      const moment = this.#moment(priority);
      const holdMs = this.#closing ? 0 : this.#policy.holdMs(queue, priority, moment);
      if (holdMs > 0) {
        this.#cancelWake = this.#clock.schedule(holdMs, () => this.#dispatchSoon());
        break;
      }
      const { batch, hopeless } = this.#policy.choose(queue, priority, moment);
      for (const ticket of hopeless) this.#drop(ticket, "deadline", new DeadlinePassedError("in the queue, or nearly"));
      if (batch.length > 0) void this.#start(priority, batch, moment.nowMs);
    }
    const { interactive, bulk, running } = this.load;
    if (this.#closing && interactive + bulk + running === 0) this.#closed.resolve();
  }

  async #start(priority: Priority, batch: Ticket<I, O>[], startedMs: number): Promise<void> {
    const [first] = batch;
    if (!first) return;
    const { shape } = first;
    const rows = batch.reduce((sum, { size }) => sum + size, 0);
    const running = { shape, size: rows, startedMs };
    this.#running.add(running);
    for (const ticket of batch) {
      ticket.state = "running";
      this.#watch.waited?.(priority, startedMs - ticket.sinceMs);
    }
    this.#tellDepth(priority);
    this.#watch.began?.({
      priority,
      expired: batch.filter(({ deadlineMs }) => deadlineMs <= startedMs).length,
      overtaken: priority === "bulk" ? this.#queues.interactive.length : 0,
    });
    const deadlineMs = Math.max(...batch.map((ticket) => ticket.deadlineMs));
    const inputs = batch.map(({ input }) => input);
    let failure: { reason: unknown } | undefined;
    let outputs: O[] = [];
    try {
      outputs = await this.#run(shape, inputs, { priority, deadlineMs });
      if (outputs.length !== batch.length) {
        throw new TypeError(`expected ${batch.length} outputs of a run, got ${outputs.length}`);
      }
    } catch (reason) {
      failure = { reason };
    }
    const nowMs = this.#clock.now();
    const ms = nowMs - startedMs;
    this.#running.delete(running);
    if (!failure) this.curve.observe(shape, rows, ms, nowMs);
    this.#watch.ran?.({ shape, priority, rows, jobs: batch.length, ms, ok: !failure });
    if (failure) this.#fail(batch, failure.reason);
    else this.#answer(batch, outputs, nowMs);
    this.#dispatchSoon();
  }

  #answer(batch: Ticket<I, O>[], outputs: O[], nowMs: number): void {
    batch.forEach((ticket, i) => {
      if (ticket.state === "settled") return;
      // A busy event loop may call timers late: what is too late is not given.
      if (nowMs > ticket.deadlineMs) {
        this.#abandon(ticket, "deadline", new DeadlinePassedError("while it was computed"));
        return;
      }
      this.counts.answered++;
      if (ticket.deadlineMs !== Number.POSITIVE_INFINITY) this.#admission.learn(ticket.priority, true);
      ticket.resolve(outputs[i] as O);
    });
  }

  #fail(batch: Ticket<I, O>[], reason: unknown): void {
    const again = this.#isolateFailures && batch.length > 1;
    for (const ticket of batch) {
      if (ticket.state === "settled") continue;
      if (again) {
        ticket.alone = true;
        this.#enqueue(ticket);
      } else {
        this.counts.failed++;
        ticket.reject(reason);
      }
    }
  }

  #moment(priority: Priority): Moment {
    return {
      nowMs: this.#clock.now(),
      busy: this.#running.size > 0,
      gapMs: this.#gaps.value,
      usualMs: this.#allowed[priority].value,
    };
  }

  #load(nowMs: number): Load<Ticket<I, O>> {
    const usualMs = { interactive: this.#allowed.interactive.value, bulk: this.#allowed.bulk.value };
    return { nowMs, slots: this.#slots, running: this.#running, queues: this.#queues, usualMs };
  }

  #tellDepth(priority: Priority): void {
    this.#watch.depth?.(priority, this.#queues[priority].length);
  }
}

function atLeast(name: string, value: number, least: number): void {
  if (!(value >= least)) throw new RangeError(`expected ${name} of at least ${least}, got ${value}`);
}
