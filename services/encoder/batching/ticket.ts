import type { Clock } from "./clock.ts";
import type { Waiting } from "./fair-queue.ts";
import type { Job, Priority } from "./job.ts";

/** Why nobody waits any more. */
export type Ending = "deadline" | "aborted";

/** A job on its way through a batcher, with the promise that its caller holds; settled exactly once. */
export class Ticket<I, O> implements Waiting {
  readonly input: I;
  readonly shape: string;
  readonly size: number;
  readonly deadlineMs: number;
  readonly priority: Priority;
  readonly caller: string;
  readonly order: number;
  /** When it came, on the batcher's clock. */
  readonly sinceMs: number;
  readonly answer: Promise<O>;
  state: "waiting" | "running" | "settled" = "waiting";
  /** Its batch failed: it runs once more, by itself, and that is already paid for. */
  alone = false;
  readonly #signal: AbortSignal | undefined;
  readonly #resolve: (output: O) => void;
  readonly #reject: (reason: unknown) => void;
  #unwatch: (() => void)[] = [];

  constructor(job: Job<I>, order: number, sinceMs: number) {
    const { promise, resolve, reject } = Promise.withResolvers<O>();
    this.input = job.input;
    this.shape = job.shape;
    this.size = job.size ?? 1;
    this.deadlineMs = job.deadlineMs;
    this.priority = job.priority;
    this.caller = job.caller;
    this.order = order;
    this.sinceMs = sinceMs;
    this.answer = promise;
    this.#signal = job.signal;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  get paid(): boolean {
    return this.alone;
  }

  /** Call `end` at the deadline and when the signal is aborted, until the ticket is settled. */
  watch(clock: Clock, end: (why: Ending) => void): void {
    if (this.deadlineMs !== Number.POSITIVE_INFINITY) {
      this.#unwatch.push(clock.schedule(this.deadlineMs - clock.now(), () => end("deadline")));
    }
    const signal = this.#signal;
    if (!signal) return;
    const onAbort = () => end("aborted");
    signal.addEventListener("abort", onAbort, { once: true });
    this.#unwatch.push(() => signal.removeEventListener("abort", onAbort));
  }

  resolve(output: O): void {
    this.#settle();
    this.#resolve(output);
  }

  reject(reason: unknown): void {
    this.#settle();
    this.#reject(reason);
  }

  #settle(): void {
    this.state = "settled";
    for (const stop of this.#unwatch) stop();
    this.#unwatch = [];
  }
}
