import { LatencyCurve } from "./batching/latency-curve.ts";
import { DeadlineTooCloseError } from "./batching/refusals.ts";

/** What was measured longer ago refuses nobody: a machine that has recovered must be able to show it. */
const FRESH_MS = 2000;
const PHOTO = "photo";

/** A photo on its way. */
export interface Ticket {
  /** It was answered: how long that took teaches the forecast. */
  answered(): void;
  /** It is not on its way any more, answered or not. Idempotent. */
  release(): void;
}

export interface AnswerForecastOptions {
  /** Epoch milliseconds; default: the system's clock. */
  nowMs?: () => number;
}

/**
 * Foresees how long a photo takes from its arrival to its answer by how many are on their way before it: decoding, queues
 * and models together, learned from those that were answered. So what cannot be in time is refused before anything was
 * spent on it; the queue before a model would see that only after the photo was decoded, which costs more than the model.
 */
export class AnswerForecast {
  readonly #curve = new LatencyCurve();
  readonly #nowMs: () => number;
  #under = 0;

  constructor({ nowMs = Date.now }: AnswerForecastOptions = {}) {
    this.#nowMs = nowMs;
  }

  /** Photos on their way. */
  get underWay(): number {
    return this.#under;
  }

  /** Milliseconds to the answer of a photo that came now; undefined: nobody is before it, or nothing was measured lately. */
  foresee(): number | undefined {
    const measuredAt = this.#curve.measuredAt(PHOTO);
    const isFresh = measuredAt !== undefined && this.#nowMs() - measuredAt <= FRESH_MS;
    return isFresh && this.#under > 0 ? this.#curve.leastEstimate(PHOTO, this.#under + 1) : undefined;
  }

  /**
   * A photo that has to be answered by `deadlineMs` (epoch milliseconds; undefined: whenever) begins.
   * @throws DeadlineTooCloseError when it would be late; never before photos were answered lately.
   */
  admit(deadlineMs: number | undefined): Ticket {
    const began = this.#nowMs();
    const place = this.#under + 1;
    const neededMs = this.foresee();
    if (neededMs !== undefined && deadlineMs !== undefined && neededMs > deadlineMs - began) {
      throw new DeadlineTooCloseError(neededMs, deadlineMs - began);
    }
    this.#under += 1;
    let released = false;
    return {
      answered: () => {
        const now = this.#nowMs();
        this.#curve.observe(PHOTO, place, Math.max(0.01, now - began), now);
      },
      release: () => {
        if (!released) this.#under -= 1;
        released = true;
      },
    };
  }
}
