/** Too many are waiting already. */
export class GateFullError extends Error {
  override name = "GateFullError";
}

/** What passes a {@link Gate}: at most `width` at a time, at most `waiting` behind them, first come first served. */
export interface GateOptions {
  width: number;
  waiting: number;
}

/** Bounds how much work is in flight, so that a burst of photos costs time and not memory. */
export class Gate {
  readonly #width: number;
  readonly #maxWaiting: number;
  readonly #queue: (() => void)[] = [];
  #inside = 0;

  constructor({ width, waiting }: GateOptions) {
    this.#width = width;
    this.#maxWaiting = waiting;
  }

  /** How many run and how many wait. */
  get load(): { inside: number; waiting: number } {
    return { inside: this.#inside, waiting: this.#queue.length };
  }

  /**
   * Run `work` when its turn comes; it is not started when `signal` is aborted before.
   * @throws GateFullError at once when the queue is full; the signal's reason when it was aborted while waiting.
   */
  async pass<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    signal?.throwIfAborted();
    if (this.#inside < this.#width) this.#inside++;
    else await this.#wait(signal);
    try {
      return await work();
    } finally {
      // The place is handed over, not given back, so that nobody can push in between.
      const next = this.#queue.shift();
      if (next) next();
      else this.#inside--;
    }
  }

  #wait(signal: AbortSignal | undefined): Promise<void> {
    if (this.#queue.length >= this.#maxWaiting) {
      throw new GateFullError(
        `${this.#inside} in work and ${this.#queue.length} waiting, at most ${this.#maxWaiting} may`,
      );
    }
    return new Promise((resolve, reject) => {
      const enter = () => {
        signal?.removeEventListener("abort", leave);
        resolve();
      };
      const leave = () => {
        this.#queue.splice(this.#queue.indexOf(enter), 1);
        reject(signal?.reason);
      };
      this.#queue.push(enter);
      signal?.addEventListener("abort", leave, { once: true });
    });
  }
}
