import { doubles } from "./columns.ts";
import { ITEM_PARTS } from "./layout.ts";

/** What of the features can change the order of a pool. */
export interface Varying {
  /** How many features it is made of. */
  count: number;
  /**
   * Adds to `sums`, by place in the pool, share · coefficients · features, less what is the same for the whole pool.
   * @param coefficients of all features
   */
  addScores(coefficients: Float64Array, sums: Float64Array): void;
}

/** Features that are one of them, by candidate of the pool `values`, times factors that are the same for all. */
interface Part {
  features: readonly number[];
  factors: readonly number[];
  values: Float64Array;
}

/**
 * The features of a pool without those that are the same for all of it, which move no order, and with those of one part in
 * one: within a query they are its first one times facts of that query (layout.ts), so their coefficients can be added up.
 *
 * @param features of one candidate in `rows`.
 * @param share how much a score counts.
 */
export function varyingOf(rows: Float64Array, pool: Int32Array, features: number, share = 1): Varying {
  const parts = ITEM_PARTS.flatMap((part): Part[] => {
    const first = part.features[0] as number;
    const row = largest(rows, pool, features, first);
    if (row === undefined) return [];
    const unit = rows[row + first] as number;
    const factors = part.features.map((f) => (rows[row + f] as number) / unit);
    // Filled by hand: Float64Array.from would call a function for each, which costs more than all else here.
    const values = doubles(pool.length);
    for (let i = 0; i < pool.length; i++) values[i] = share * (rows[(pool[i] as number) * features + first] as number);
    return [{ features: part.features, factors, values }];
  });
  const count = parts.length;
  // Four at a time: a quarter of the sums are read and written.
  const nothing = { features: [], factors: [], values: doubles(pool.length) };
  while (parts.length % 4 > 0) parts.push(nothing);
  return {
    count,
    addScores(coefficients, sums) {
      for (let p = 0; p < parts.length; p += 4) {
        addFour(sums, coefficients, parts[p] as Part, parts[p + 1] as Part, parts[p + 2] as Part, parts[p + 3] as Part);
      }
    },
  };
}

function folded({ features, factors }: Part, coefficients: Float64Array): number {
  let sum = 0;
  for (let j = 0; j < features.length; j++) {
    sum += (factors[j] as number) * (coefficients[features[j] as number] as number);
  }
  return sum;
}

function addFour(sums: Float64Array, coefficients: Float64Array, a: Part, b: Part, c: Part, d: Part): void {
  const [w, x, y, z] = [a.values, b.values, c.values, d.values];
  const [ofA, ofB] = [folded(a, coefficients), folded(b, coefficients)];
  const [ofC, ofD] = [folded(c, coefficients), folded(d, coefficients)];
  for (let i = 0; i < sums.length; i++) {
    const both = ofA * (w[i] as number) + ofB * (x[i] as number);
    sums[i] = (sums[i] as number) + (both + (ofC * (y[i] as number) + ofD * (z[i] as number)));
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
