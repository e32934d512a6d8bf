import { choleskyInPlace } from "./cholesky.ts";
import { product } from "./product.ts";
import type { TasteVectors } from "./rank-types.ts";

/** An item that the person answered to. */
export interface TastedItem {
  /** −1 to 1, from Profile.item_weights. */
  weight: number;
  /** Unit vectors by model, as far as they are known. */
  vectors: ReadonlyMap<string, Float32Array>;
}

/** The strongest answers that taste is made of: the work grows with their square, 64 are 3 million products. */
export const MOST_TASTED = 64;

/**
 * Variance of the noise of a full answer, in units of the variance of taste at one item. Of 0.05 to 4, tried on simulated
 * people (docs/reference/simulator.md), 0.5 to 2 were equally good.
 */
const NOISE = 1;

/**
 * By model the direction of a person's taste: what a Gaussian process with the mean of the models' inner products as its
 * kernel expects of an item, as a sum over the models (Rasmussen and Williams 2006, algorithm 2.1). Each answer is a yes (1) or a
 * no (−1) with noise, more of it the less it weighs: α = (K + NOISE/|w|)⁻¹ sign(w), and the direction is Σ αⱼxⱼ.
 *
 * Against the sum of liked less disliked vectors (Rocchio 1971): a fifth answer to the same kind of garment says little that
 * the four before did not; what all garments have in common is an intercept and nothing more; and what is expected is
 * drawn towards 0 as far as little is known, so that one coefficient is right after one answer and after fifty.
 *
 * Made once a profile: its product with a candidate's vector is the feature `taste.<model>`. An item that weighs 0 says nothing.
 */
export function tasteVectors(items: readonly TastedItem[]): TasteVectors {
  const tasted = strongest(items);
  const lengths = new Map<string, number>();
  for (const { vectors } of tasted) {
    for (const [model, { length }] of vectors) if (!lengths.has(model)) lengths.set(model, length);
  }
  const models = [...lengths.keys()].sort();
  // A vector of another length is of another revision of the model: it is of another space.
  const spaces = models.map((model) =>
    tasted.map(({ vectors }) => {
      const vector = vectors.get(model);
      return vector?.length === lengths.get(model) ? vector : undefined;
    }),
  );
  const alpha = solve(kernel(tasted, spaces), tasted);
  return new Map(models.map((model, m) => [model, direction(spaces[m] ?? [], alpha, lengths.get(model) ?? 0)]));
}

function strongest(items: readonly TastedItem[]): TastedItem[] {
  return items
    .filter(({ weight, vectors }) => weight !== 0 && vectors.size > 0)
    .sort((a, b) => Math.abs(b.weight) - Math.abs(a.weight))
    .slice(0, MOST_TASTED);
}

type Space = readonly (Float32Array | undefined)[];

/** The lower half of K + noise, row by row. A space in which an item has no vector adds nothing, which keeps it positive definite. */
function kernel(tasted: readonly TastedItem[], spaces: readonly Space[]): Float64Array {
  const n = tasted.length;
  const half = new Float64Array((n * (n + 1)) / 2);
  for (let i = 0, at = 0; i < n; i++) {
    for (let j = 0; j <= i; j++, at++) {
      let sum = 0;
      for (const space of spaces) {
        const [a, b] = [space[i], space[j]];
        if (a && b) sum += product(a, b) ?? 0;
      }
      half[at] = sum / spaces.length + (i === j ? NOISE / Math.abs((tasted[i] as TastedItem).weight) : 0);
    }
  }
  return half;
}

/** α with (L Lᵀ) α = ±1, L in place of the lower half of K + noise. */
function solve(half: Float64Array, tasted: readonly TastedItem[]): Float64Array {
  const n = tasted.length;
  choleskyInPlace(half, n);
  const alpha = new Float64Array(n);
  const at = (i: number, j: number) => half[(i * (i + 1)) / 2 + j] as number;
  for (let i = 0; i < n; i++) {
    let sum = Math.sign((tasted[i] as TastedItem).weight);
    for (let k = 0; k < i; k++) sum -= at(i, k) * (alpha[k] as number);
    alpha[i] = sum / at(i, i);
  }
  for (let i = n - 1; i >= 0; i--) {
    let sum = alpha[i] as number;
    for (let k = i + 1; k < n; k++) sum -= at(k, i) * (alpha[k] as number);
    alpha[i] = sum / at(i, i);
  }
  return alpha;
}

function direction(space: Space, alpha: Float64Array, length: number): Float32Array {
  const sum = new Float64Array(length);
  for (const [j, vector] of space.entries()) {
    if (!vector) continue;
    const a = alpha[j] as number;
    for (let i = 0; i < length; i++) sum[i] = (sum[i] as number) + a * (vector[i] as number);
  }
  return Float32Array.from(sum);
}
