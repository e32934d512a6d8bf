import { doubles } from "./columns.ts";
import { ITEM_PARTS } from "./layout.ts";

/** What of the features can change the order of a pool. */
export interface Varying {
  /** How many features it is made of. */
  count: number;
  /**
   * Fills `scores`, by place in the pool, with coefficients · features, less what is the same for the whole pool.
   * @param coefficients of all features
   */
  score(coefficients: Float64Array, scores: Float64Array): void;
}

/**
 * The features of a pool without those that are the same for all of it, which move no order, and with those of one part in
 * one: within a query they are its first one times facts of that query (layout.ts), so their coefficients can be added up.
 *
 * @param features of one candidate in `rows`.
 */
export function varyingOf(rows: Float64Array, pool: Int32Array, features: number): Varying {
  const parts = ITEM_PARTS.flatMap((part) => {
    const first = part.features[0] as number;
    const row = largest(rows, pool, features, first);
    if (row === undefined) return [];
    const unit = rows[row + first] as number;
    const factors = part.features.map((f) => (rows[row + f] as number) / unit);
    // Filled by hand: Float64Array.from would call a function for each, which costs more than all else here.
    const values = doubles(pool.length);
    for (let i = 0; i < pool.length; i++) values[i] = rows[(pool[i] as number) * features + first] as number;
    return [{ features: part.features, factors, values }];
  });
  // Two at a time: half as many sums are read and written.
  const nothing = { features: [], factors: [], values: doubles(pool.length) };
  const pairs = parts.flatMap((part, c) => (c % 2 === 0 ? [[part, parts[c + 1] ?? nothing] as const] : []));
  return {
    count: parts.length,
    score(coefficients, scores) {
      scores.fill(0);
      for (const [a, b] of pairs) {
        addBoth(scores, folded(a, coefficients), a.values, folded(b, coefficients), b.values);
      }
    },
  };
}

function folded(part: { features: readonly number[]; factors: readonly number[] }, coefficients: Float64Array): number {
  const { features, factors } = part;
  let sum = 0;
  for (let j = 0; j < features.length; j++) {
    sum += (factors[j] as number) * (coefficients[features[j] as number] as number);
  }
  return sum;
}

/** sums += a·x + b·y */
function addBoth(sums: Float64Array, a: number, x: Float64Array, b: number, y: Float64Array): void {
  for (let i = 0; i < sums.length; i++) {
    sums[i] = (sums[i] as number) + a * (x[i] as number) + b * (y[i] as number);
  }
}

/** Where the row begins in which the feature is farthest from 0; undefined when it is the same in all. */
function largest(rows: Float64Array, pool: Int32Array, features: number, feature: number): number | undefined {
  const first = (pool[0] as number) * features;
  let differs = false;
  let found = first;
  for (let i = 1; i < pool.length; i++) {
    const row = (pool[i] as number) * features;
    const value = rows[row + feature] as number;
    if (value !== rows[first + feature]) differs = true;
    if (Math.abs(value) > Math.abs(rows[found + feature] as number)) found = row;
  }
  return differs ? found : undefined;
}
