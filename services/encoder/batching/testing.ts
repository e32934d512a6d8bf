import { setImmediate } from "node:timers/promises";
import { Batcher, type BatcherOptions } from "./batcher.ts";
import type { Clock } from "./clock.ts";
import type { Job } from "./job.ts";

/** A clock that stands still until it is moved. */
export class VirtualClock implements Clock {
  #now = 0;
  #order = 0;
  readonly #timers = new Set<{ atMs: number; order: number; fn: () => void }>();

  now(): number {
    return this.#now;
  }

  schedule(ms: number, fn: () => void): () => void {
    const timer = { atMs: this.#now + Math.max(0, ms), order: this.#order++, fn };
    this.#timers.add(timer);
    return () => void this.#timers.delete(timer);
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => void this.schedule(ms, resolve));
  }

  /** Live through the time until `atMs`; what follows from an event happens before the next one. */
  async runUntil(atMs: number): Promise<void> {
    await setImmediate();
    for (;;) {
      let next: { atMs: number; order: number; fn: () => void } | undefined;
      for (const timer of this.#timers) {
        if (!next || timer.atMs < next.atMs || (timer.atMs === next.atMs && timer.order < next.order)) next = timer;
      }
      if (!next || next.atMs > atMs) break;
      this.#timers.delete(next);
      this.#now = Math.max(this.#now, next.atMs);
      next.fn();
      await setImmediate();
    }
    if (atMs !== Number.POSITIVE_INFINITY) this.#now = Math.max(this.#now, atMs);
  }

  /** Until nothing is planned any more. */
  runOut(): Promise<void> {
    return this.runUntil(Number.POSITIVE_INFINITY);
  }
}

/** Numbers in [0, 1) that a seed decides (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** What the simulated model is asked to compute. */
export interface Work {
  id: number;
  deadlineMs: number;
  rows: number;
  /** Fails every batch that it is in. */
  poison?: boolean;
}

/** A run of the simulated model. */
export interface SimulatedRun {
  atMs: number;
  doneMs: number;
  shape: string;
  ids: number[];
  rows: number;
}

/** Takes a + b·n milliseconds for n rows, give or take `noise` (a share of it), and answers each id with itself. */
export function simulate(
  { a, b, noise = 0, seed = 1 }: { a: number; b: number; noise?: number; seed?: number },
  options: Partial<BatcherOptions<Work, number>> = {},
) {
  const clock = new VirtualClock();
  const random = randomFrom(seed);
  const runs: SimulatedRun[] = [];
  const computedLate: number[] = [];
  const batcher = new Batcher<Work, number>({
    clock,
    async run(shape, inputs) {
      const rows = inputs.reduce((sum, input) => sum + input.rows, 0);
      const atMs = clock.now();
      for (const { id, deadlineMs } of inputs) if (deadlineMs <= atMs) computedLate.push(id);
      const ms = (a + b * rows) * (1 + noise * (2 * random() - 1));
      runs.push({ atMs, doneMs: atMs + ms, shape, ids: inputs.map(({ id }) => id), rows });
      await clock.sleep(ms);
      if (inputs.some(({ poison }) => poison)) throw new Error("poisoned");
      return inputs.map(({ id }) => id);
    },
    ...options,
  });
  let ids = 0;
  const outcomes: Outcome[] = [];
  /** Submit with defaults; what becomes of it is kept in `outcomes`. */
  const submit = (job: Partial<Job<Work>> & { poison?: boolean } = {}): Outcome => {
    const { deadlineMs = Number.POSITIVE_INFINITY, size = 1, poison } = job;
    const outcome: Outcome = {
      id: ids++,
      atMs: clock.now(),
      priority: job.priority ?? "interactive",
      caller: job.caller ?? "",
      deadlineMs,
      settled: 0,
      doneMs: Number.NaN,
    };
    outcomes.push(outcome);
    const settle = (result: { value: number } | { error: unknown }) => {
      outcome.settled++;
      outcome.doneMs = clock.now();
      Object.assign(outcome, result);
    };
    batcher
      .submit({
        shape: "s",
        priority: "interactive",
        caller: "",
        ...job,
        size,
        deadlineMs,
        input: { id: outcome.id, deadlineMs, rows: size, ...(poison ? { poison } : {}) },
      })
      .then(
        (value) => settle({ value }),
        (error: unknown) => settle({ error }),
      );
    return outcome;
  };
  return { clock, batcher, runs, computedLate, outcomes, submit, random };
}

/** What became of a job. */
export interface Outcome {
  id: number;
  atMs: number;
  priority: Job<Work>["priority"];
  caller: string;
  deadlineMs: number;
  /** How often its promise was settled. */
  settled: number;
  doneMs: number;
  value?: number;
  error?: unknown;
}

/** Poisson arrivals: call `arrive` at `perMs` calls a millisecond on average, until `untilMs`. */
export function arrivals(
  clock: VirtualClock,
  random: () => number,
  perMs: number,
  untilMs: number,
  arrive: () => void,
) {
  const next = () => {
    const gap = -Math.log(1 - random()) / perMs;
    if (clock.now() + gap > untilMs) return;
    clock.schedule(gap, () => {
      arrive();
      next();
    });
  };
  next();
}
