import type { Calibrated } from "./calibration.ts";
import { doubles } from "./columns.ts";

/** How slowly the value of a rank falls: what the paper found good on every collection. */
export const RRF_K = 60;

/** What a rank is worth is rounded to multiples of 2⁻⁴⁰. */
const GRAIN = 2 ** 40;

/**
 * Reciprocal rank fusion by candidate: Σ 1/(60 + rank) over the models that found it, times 61 over the number of models
 * that were asked, so that 1 is the first of every list (Cormack, Clarke, Büttcher, SIGIR 2009). 61/(60 + rank) is rounded
 * to multiples of 2⁻⁴⁰, so that sums are exact, and they are divided by the number of models at the end: first with one
 * model and second with another is worth the same as second and first to the last bit, in whatever order the lists come.
 */
export function reciprocalRanks(lists: readonly Calibrated[], count: number): Float64Array {
  const sums = doubles(count);
  for (const { ranks } of lists) {
    for (let i = 0; i < count; i++) {
      const rank = ranks[i] as number;
      if (rank > 0) sums[i] = (sums[i] as number) + worthOf(rank);
    }
  }
  if (lists.length > 1) for (let i = 0; i < count; i++) sums[i] = (sums[i] as number) / lists.length;
  return sums;
}

/** One term of it: what a rank, from 1, in one of so many lists is worth. */
export function reciprocalRank(rank: number, lists: number): number {
  return worthOf(rank) / lists;
}

/** 1 for the first, less for each that follows. */
function worthOf(rank: number): number {
  return Math.round(((RRF_K + 1) / (RRF_K + rank)) * GRAIN) / GRAIN;
}
