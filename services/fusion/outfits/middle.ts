import type { Piece } from "./piece.ts";

/** By model the sum of the given garments' vectors: what goes with them often looks like them. */
export function middleOf(given: readonly Piece[]): Map<string, Float32Array> {
  const sums = new Map<string, Float32Array>();
  for (const { vectors } of given) {
    for (const [model, vector] of vectors) {
      const sum = sums.get(model);
      if (sum === undefined) sums.set(model, vector.slice());
      else if (sum.length === vector.length)
        sums.set(
          model,
          sum.map((x, i) => x + (vector[i] ?? 0)),
        );
    }
  }
  return sums;
}
