import type { Calibrated } from "./calibration.ts";

/** How slowly the value of a rank falls: what the paper found good on every collection. */
export const RRF_K = 60;

/** Terms are rounded to multiples of 2⁻⁴⁰. */
const GRAIN = 2 ** 40;

/**
 * Reciprocal rank fusion by candidate: Σ 1/(60 + rank) over the models that found it, times 61 over the number of models
 * that were asked, so that 1 is the first of every list (Cormack, Clarke, Büttcher, SIGIR 2009). Terms are rounded to
 * multiples of 2⁻⁴⁰, so that sums are exact: first with one model and second with another is worth the same as second and
 * first to the last bit, in whatever order the lists come and whatever small number it is multiplied with.
 */
export function reciprocalRanks(lists: readonly Calibrated[], count: number): Float64Array {
  const sums = new Float64Array(count);
  for (const { ranks } of lists) {
    for (let i = 0; i < count; i++) {
      const rank = ranks[i] as number;
      if (rank > 0) sums[i] = (sums[i] as number) + reciprocalRank(rank, lists.length);
    }
  }
  return sums;
}

/** One term of it: what a rank, from 1, in one of so many lists is worth. */
export function reciprocalRank(rank: number, lists: number): number {
  return Math.round(((RRF_K + 1) / lists / (RRF_K + rank)) * GRAIN) / GRAIN;
}
