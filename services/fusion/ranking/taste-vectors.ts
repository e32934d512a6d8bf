import type { TasteVectors } from "./rank-types.ts";

/** An item that the person answered to. */
export interface TastedItem {
  /** −1 to 1, from Profile.item_weights. */
  weight: number;
  /** Unit vectors by model, as far as they are known. */
  vectors: ReadonlyMap<string, Float32Array>;
}

/** Answers that taste starts with and that say nothing, so that it grows with what is known. */
const PRIOR_WEIGHT = 3;

/**
 * By model, Σ wⱼxⱼ / (Σ |wⱼ| + 3): the direction in which liked items lie from disliked ones (Rocchio's relevance
 * feedback, 1971). Its length, below 1, grows with the answers and with how much they agree.
 * Made once a profile: its product with a candidate's vector is the feature `taste.<model>`.
 */
export function tasteVectors(items: readonly TastedItem[]): TasteVectors {
  const sums = new Map<string, { sum: Float64Array; weight: number }>();
  for (const { weight, vectors } of items) {
    for (const [model, vector] of vectors) {
      const known = sums.get(model) ?? { sum: new Float64Array(vector.length), weight: 0 };
      // A vector of another revision of the model is of another space.
      if (known.sum.length !== vector.length) continue;
      for (let i = 0; i < vector.length; i++) known.sum[i] = (known.sum[i] as number) + weight * (vector[i] as number);
      known.weight += Math.abs(weight);
      sums.set(model, known);
    }
  }
  return new Map(
    [...sums].map(([model, { sum, weight }]) => [model, Float32Array.from(sum, (x) => x / (weight + PRIOR_WEIGHT))]),
  );
}

/** a · b, in four sums so that the processor can do them side by side; undefined when the lengths differ. */
export function product(a: Float32Array, b: Float32Array): number | undefined {
  const n = a.length;
  if (n !== b.length) return undefined;
  let [s, t, u, v] = [0, 0, 0, 0];
  let i = 0;
  for (; i + 3 < n; i += 4) {
    s += (a[i] as number) * (b[i] as number);
    t += (a[i + 1] as number) * (b[i + 1] as number);
    u += (a[i + 2] as number) * (b[i + 2] as number);
    v += (a[i + 3] as number) * (b[i + 3] as number);
  }
  for (; i < n; i++) s += (a[i] as number) * (b[i] as number);
  return s + t + u + v;
}
