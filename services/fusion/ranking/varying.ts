import { ITEM_PARTS } from "./layout.ts";

/** What of the features can change the order of a pool, and coefficients for it. */
export interface Varying {
  /** Features of the pool, row by row, `count` each. */
  rows: Float64Array;
  count: number;
  /** Fills `into` with what coefficients of all features are for these. */
  fold(coefficients: Float64Array, into: Float64Array): void;
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
    return [{ features: part.features, factors: part.features.map((f) => (rows[row + f] as number) / unit) }];
  });
  const count = parts.length;
  const own = new Float64Array(pool.length * count);
  for (let c = 0; c < count; c++) {
    const first = parts[c]?.features[0] as number;
    for (let i = 0; i < pool.length; i++) own[i * count + c] = rows[(pool[i] as number) * features + first] as number;
  }
  return {
    rows: own,
    count,
    fold(coefficients, into) {
      for (let c = 0; c < count; c++) {
        const { features: of, factors } = parts[c] as (typeof parts)[number];
        let sum = 0;
        for (let j = 0; j < of.length; j++) sum += (factors[j] as number) * (coefficients[of[j] as number] as number);
        into[c] = sum;
      }
    },
  };
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
