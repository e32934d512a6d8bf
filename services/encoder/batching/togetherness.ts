import type { Clock } from "./clock.ts";

/** Runs that failed together although each call alone succeeded: so many in a row say that the graph does not batch. */
const STRIKES = 3;
/** How long that is believed: it may have been something else. */
const BELIEVED_MS = 5 * 60_000;

/** Learns which shapes can be run together, from runs that fail together and succeed alone. */
export class Togetherness {
  readonly #clock: Clock;
  readonly #strikes = new Map<string, number>();
  readonly #apartUntilMs = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  possible(shape: string): boolean {
    const untilMs = this.#apartUntilMs.get(shape);
    if (untilMs === undefined) return true;
    if (this.#clock.now() < untilMs) return false;
    this.#apartUntilMs.delete(shape);
    return true;
  }

  /** Several calls in one run. */
  async all<T>(shape: string, run: () => Promise<T>): Promise<T> {
    try {
      const result = await run();
      this.#strikes.delete(shape);
      return result;
    } catch (error) {
      const strikes = (this.#strikes.get(shape) ?? 0) + 1;
      this.#strikes.set(shape, strikes);
      if (strikes >= STRIKES) {
        this.#strikes.delete(shape);
        this.#apartUntilMs.set(shape, this.#clock.now() + BELIEVED_MS);
      }
      throw error;
    }
  }

  /** One call by itself: when it fails too, being together was not the reason. */
  async alone<T>(shape: string, run: () => Promise<T>): Promise<T> {
    try {
      return await run();
    } catch (error) {
      this.#strikes.delete(shape);
      throw error;
    }
  }
}
