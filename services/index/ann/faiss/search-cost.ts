import { sameParams } from "../same-params.ts";
import type { Parameters } from "./parameter-gate.ts";

/** Weight of the last search in the average. */
const WEIGHT = 0.2;
/** So much of what a search took on another thread was the way there and back, microseconds (measured: 25 to 40). */
const HOP_MICROS = 30;
/** Of the searches that take more than the limit one in so many is done here all the same, unless it would take this long. */
const PROBE_EVERY = 64;
const PROBE_MICROS = 1_000;

/**
 * What a query costs, learned while searching, so that a search that is shorter than the way to another thread does not
 * go there. One that took long, because pages had to be read from disk, sends the next ones away.
 *
 * On a busy machine a search on another thread mostly waits for a processor. So what it took is believed only if that is
 * less than what was known, and now and then one is done here, where nothing is waited for.
 */
export class SearchCost {
  #parameters: Parameters | undefined;
  #micros = Number.POSITIVE_INFINITY;
  #away = 0;
  readonly #nowMs: () => number;

  constructor(nowMs: () => number = () => performance.now()) {
    this.#nowMs = nowMs;
  }

  /** Whether that many queries are to be done here: they are expected to take less than the limit, or it is time to look. */
  fits(parameters: Parameters, queries: number, limitMicros: number): boolean {
    const expected = this.expected(parameters, queries);
    if (expected === undefined) return false;
    if (expected < limitMicros) return true;
    if (limitMicros === 0 || expected >= PROBE_MICROS || ++this.#away < PROBE_EVERY) return false;
    this.#away = 0;
    return true;
  }

  /** What that many queries take, microseconds; undefined before the first one. */
  expected(parameters: Parameters, queries: number): number | undefined {
    return this.#knows(parameters) ? this.#micros * queries : undefined;
  }

  /** Do a search here, and learn from it. */
  measure(parameters: Parameters, queries: number, search: () => void): void {
    const began = this.#nowMs();
    search();
    this.#learn(parameters, ((this.#nowMs() - began) * 1e3) / queries);
  }

  /** Do a search on another thread, and learn from it. */
  async measureAway(parameters: Parameters, queries: number, search: () => Promise<void>): Promise<void> {
    const began = this.#nowMs();
    await search();
    const micros = Math.max(0, (this.#nowMs() - began) * 1e3 - HOP_MICROS) / queries;
    if (!this.#knows(parameters) || micros < this.#micros) this.#learn(parameters, micros);
  }

  #learn(parameters: Parameters, micros: number): void {
    this.#micros = this.#knows(parameters) ? this.#micros + WEIGHT * (micros - this.#micros) : micros;
    this.#parameters = parameters;
  }

  #knows(parameters: Parameters): boolean {
    return this.#parameters !== undefined && sameParams(this.#parameters, parameters);
  }
}
