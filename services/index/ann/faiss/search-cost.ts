import { type Parameters, sameParameters } from "./parameter-gate.ts";

/** Weight of the last search in the average. */
const WEIGHT = 0.2;
/** So much of what a search took on another thread was the way there and back, microseconds (measured: 25 to 40). */
const HOP_MICROS = 30;

/**
 * What a query costs, learned while searching, so that a search that is shorter than the way to another thread does not
 * go there. One that took long, because pages had to be read from disk or the machine is busy, sends the next ones away.
 */
export class SearchCost {
  #parameters: Parameters | undefined;
  #micros = Number.POSITIVE_INFINITY;
  readonly #nowMs: () => number;

  constructor(nowMs: () => number = () => performance.now()) {
    this.#nowMs = nowMs;
  }

  /** Whether that many queries are expected to take less than the limit. */
  fits(parameters: Parameters, queries: number, limitMicros: number): boolean {
    return this.#knows(parameters) && this.#micros * queries < limitMicros;
  }

  /** Do a search here, and learn from it. Returns how long it took, milliseconds. */
  measure(parameters: Parameters, queries: number, search: () => void): number {
    const began = this.#nowMs();
    search();
    const tookMs = this.#nowMs() - began;
    this.#learn(parameters, tookMs * 1e3, queries);
    return tookMs;
  }

  /** Do a search on another thread, and learn from it. */
  async measureAway(parameters: Parameters, queries: number, search: () => Promise<void>): Promise<void> {
    const began = this.#nowMs();
    await search();
    this.#learn(parameters, Math.max(0, (this.#nowMs() - began) * 1e3 - HOP_MICROS), queries);
  }

  #learn(parameters: Parameters, micros: number, queries: number): void {
    const each = micros / queries;
    this.#micros = this.#knows(parameters) ? this.#micros + WEIGHT * (each - this.#micros) : each;
    this.#parameters = parameters;
  }

  #knows(parameters: Parameters): boolean {
    return this.#parameters !== undefined && sameParameters(this.#parameters, parameters);
  }
}
