import type { Calibrated } from "./calibration.ts";

/** How slowly the value of a rank falls: what the paper found good on every collection. */
export const RRF_K = 60;

/**
 * Reciprocal rank fusion by candidate: Σ 1/(60 + rank) over the models that found it, times 61 over the number of models
 * that were asked, so that 1 is the first of every list (Cormack, Clarke, Büttcher, SIGIR 2009). The sum is in the order of
 * the models' names, so that it does not depend on the order of the lists.
 */
export function reciprocalRanks(lists: readonly Calibrated[], count: number): Float64Array {
  const sums = new Float64Array(count);
  const scale = lists.length > 0 ? (RRF_K + 1) / lists.length : 0;
  for (const { ranks } of [...lists].sort((a, b) => (a.model < b.model ? -1 : 1))) {
    for (let i = 0; i < count; i++) {
      const rank = ranks[i] as number;
      if (rank > 0) sums[i] = (sums[i] as number) + scale / (RRF_K + rank);
    }
  }
  return sums;
}
