import type { Neighbour } from "../vectors/types.ts";

/** z of a two-sided 95 % interval. */
const Z = 1.959964;

/**
 * How many of the true nearest a list holds, ties counted for it: one is right if its exact score is at least that of the
 * last of the true ones. As in ANN-Benchmarks (Aumüller, Bernhardsson, Faithfull 2020), without their tolerance.
 */
export function hits(found: readonly Neighbour[], exact: readonly Neighbour[]): number {
  const least = exact.at(-1)?.score;
  if (least === undefined) return 0;
  return Math.min(exact.length, found.filter(({ score }) => score >= least).length);
}

/** Lower end of Wilson's 95 % interval for a share of `hits` in `of` (Wilson 1927); 0 for nothing. */
export function lowerBound(found: number, of: number): number {
  if (of === 0) return 0;
  const share = found / of;
  const middle = share + (Z * Z) / (2 * of);
  const spread = Z * Math.sqrt((share * (1 - share)) / of + (Z * Z) / (4 * of * of));
  return Math.max(0, (middle - spread) / (1 + (Z * Z) / of));
}
