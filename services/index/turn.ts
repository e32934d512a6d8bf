/** How long all work together may hold the event loop before it has its turn, milliseconds. */
const TURN_MS = 2;

export interface TurnOptions {
  /** Default `performance.now`. */
  nowMs?: () => number;
  /** Calls back once the event loop has had its turn; default `setImmediate`. */
  nextTurn?: (callback: () => void) => void;
}

/**
 * What the present turn of the event loop has had. Each piece of work is short, but a search in a graph, the ranking of what
 * it found, rows that are copied and changes that are applied may all come in one turn, and each many times: so they look
 * at one clock, which runs from the first of them on.
 */
export class Turn {
  readonly #nowMs: () => number;
  readonly #nextTurn: (callback: () => void) => void;
  readonly #waiting: (() => void)[] = [];
  #beganMs: number | undefined;

  constructor({ nowMs = () => performance.now(), nextTurn = setImmediate }: TurnOptions = {}) {
    this.#nowMs = nowMs;
    this.#nextTurn = nextTurn;
  }

  /** This turn has had its time: what can wait should wait for the next one. */
  get over(): boolean {
    const nowMs = this.#nowMs();
    return nowMs - this.#begin(nowMs) >= TURN_MS;
  }

  /** Do short work now, or once there is time for it in one of the next turns; first come, first served. */
  async run<Result>(work: () => Result): Promise<Result> {
    if (this.#waiting.length === 0 && !this.over) return work();
    const { promise, resolve, reject } = Promise.withResolvers<Result>();
    this.#waiting.push(() => {
      try {
        resolve(work());
      } catch (error) {
        reject(error);
      }
    });
    return promise;
  }

  /** When this turn began: now, if nothing has looked before. */
  #begin(nowMs: number): number {
    if (this.#beganMs === undefined) {
      this.#beganMs = nowMs;
      this.#nextTurn(this.#next);
    }
    return this.#beganMs;
  }

  readonly #next = (): void => {
    this.#beganMs = undefined;
    if (this.#waiting.length === 0) return;
    this.#begin(this.#nowMs());
    do this.#waiting.shift()!();
    while (this.#waiting.length > 0 && !this.over);
  };
}

/** The turns of this thread's event loop. */
export const eventLoop = new Turn();
