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

/** Lower end of Wilson's 95 % interval for a share of `found` in `of` (Wilson 1927); 0 for nothing. */
export function lowerBound(found: number, of: number): number {
  return wilson(found, of)[0];
}

/** Upper end of the same interval; 1 for nothing. */
export function upperBound(found: number, of: number): number {
  return wilson(found, of)[1];
}

function wilson(found: number, of: number): [number, number] {
  if (of === 0) return [0, 1];
  const share = found / of;
  const middle = share + (Z * Z) / (2 * of);
  const spread = Z * Math.sqrt((share * (1 - share)) / of + (Z * Z) / (4 * of * of));
  const whole = 1 + (Z * Z) / of;
  // None and all have an exact end, which rounding would miss.
  const [low, high] = [(middle - spread) / whole, (middle + spread) / whole];
  return [found === 0 ? 0 : Math.max(0, low), found === of ? 1 : Math.min(1, high)];
}
