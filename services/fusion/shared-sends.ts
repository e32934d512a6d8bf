import { deadlineExceeded } from "../kit/errors.ts";

/** One of those who wait. */
interface Waiting<T> {
  value: T;
  /** When its own time is over, as `nowMs` counts. */
  untilMs: number;
  settle(error?: unknown): void;
}

export interface SharedSendsOptions<T> {
  /**
   * Send them all, within `timeoutMs`; one answer for each, in their order: undefined, or why it was refused. A rejection is
   * that of them all.
   */
  send(values: T[], timeoutMs: number): Promise<(Error | undefined)[]>;
  /** How long one waits for company, at most, in milliseconds. */
  mostWaitMs: number;
  /** How many go together, at most. */
  mostAtOnce: number;
  /** Milliseconds of any clock that does not go back. */
  nowMs?: () => number;
  /** Calls `work` once after so many milliseconds; what it returns prevents that. */
  after?: (ms: number, work: () => void) => () => void;
}

/**
 * What comes while something is under way is sent together: as soon as nothing is under way, or after `mostWaitMs`, whichever
 * is first. Without load nobody waits, under load one send is shared by many. Each keeps a deadline of its own; a send has
 * the latest of its deadlines.
 */
export class SharedSends<T> {
  readonly #options: Required<SharedSendsOptions<T>>;
  #waiting: Waiting<T>[] = [];
  #underWay = 0;
  #forget = () => {};

  constructor(options: SharedSendsOptions<T>) {
    this.#options = { nowMs: () => performance.now(), after: timer, ...options };
  }

  /**
   * Resolves when it was sent and accepted. Rejects with its refusal, when `timeoutMs` are over, or when `signal` is aborted;
   * what has not been sent by then is not sent.
   */
  add(value: T, timeoutMs: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) return Promise.reject(signal.reason);
    const { nowMs, after, mostAtOnce, mostWaitMs } = this.#options;
    const promise = new Promise<void>((resolve, reject) => {
      const end = (error: unknown) => {
        const at = this.#waiting.indexOf(one);
        if (at >= 0) this.#waiting.splice(at, 1);
        one.settle(error);
      };
      const onAbort = () => end(signal?.reason);
      const cancel = after(timeoutMs, () => end(deadlineExceeded(`not sent and answered within ${timeoutMs} ms`)));
      const one: Waiting<T> = {
        value,
        untilMs: nowMs() + timeoutMs,
        settle(error) {
          cancel();
          signal?.removeEventListener("abort", onAbort);
          if (error === undefined) resolve();
          else reject(error);
        },
      };
      signal?.addEventListener("abort", onAbort, { once: true });
      this.#waiting.push(one);
    });
    if (this.#underWay === 0 || this.#waiting.length >= mostAtOnce) void this.#flush();
    else if (this.#waiting.length === 1) {
      this.#forget();
      this.#forget = after(mostWaitMs, () => void this.#flush());
    }
    return promise;
  }

  async #flush(): Promise<void> {
    this.#forget();
    const group = this.#waiting;
    if (group.length === 0) return;
    this.#waiting = [];
    this.#underWay++;
    try {
      const timeoutMs = Math.max(...group.map(({ untilMs }) => untilMs)) - this.#options.nowMs();
      const answers = await this.#options.send(
        group.map(({ value }) => value),
        Math.max(1, Math.ceil(timeoutMs)),
      );
      if (answers.length !== group.length) throw new Error(`expected ${group.length} answers, got ${answers.length}`);
      for (const [at, one] of group.entries()) one.settle(answers[at]);
    } catch (error) {
      for (const one of group) one.settle(error);
    }
    this.#underWay--;
    if (this.#underWay === 0) await this.#flush();
  }
}

function timer(ms: number, work: () => void): () => void {
  const started = setTimeout(work, ms);
  return () => clearTimeout(started);
}
