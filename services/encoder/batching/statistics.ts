/** The middle value, the lower one of two, so that one slow first run is forgotten with the second; NaN of nothing. */
export function lowerMedian(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** The smallest value that a share `q` of all, 0 < q ≤ 1, does not exceed; NaN of nothing. */
export function quantile(values: readonly number[], q: number): number {
  return quantiles(values, [q])[0] ?? Number.NaN;
}

/** As {@link quantile}, for several shares. */
export function quantiles(values: readonly number[], shares: readonly number[]): number[] {
  // As a typed array, because that is sorted without a call for each comparison.
  const sorted = Float64Array.from(values).sort();
  return shares.map((q) => sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)] ?? Number.NaN);
}

/** The median of the latest numbers: what is usual, whatever an odd one says. */
export class RecentMedian {
  readonly #keep: number;
  readonly #values: number[] = [];
  #median: number | undefined;

  constructor(keep: number) {
    this.#keep = keep;
  }

  add(value: number): void {
    this.#values.push(value);
    if (this.#values.length > this.#keep) this.#values.shift();
    this.#median = undefined;
  }

  /** `Infinity` of nothing. */
  get value(): number {
    if (this.#values.length === 0) return Number.POSITIVE_INFINITY;
    this.#median ??= lowerMedian(this.#values);
    return this.#median;
  }
}
