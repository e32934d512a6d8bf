import { type OrderOptions, orderBest } from "./order.ts";

/** Draws that a propensity is counted over. */
export const DRAWS = 64;

export interface PropensityInput {
  /** Features of all candidates, row by row. */
  rows: Float64Array;
  /** Candidates that may come to the shown places, in about the order in which they will stand. */
  pool: Int32Array;
  /** Fills the coefficients of one draw. */
  draw: (into: Float64Array) => void;
  features: number;
  /** Who is shown, by place. */
  shown: Int32Array;
  options: OrderOptions;
}

export interface Chances {
  /** By place, in (0, 1]. */
  propensities: Float64Array;
  /** Mean features by place, one place after the other, of the first EXPECTED_PLACES. */
  expected: Float32Array;
}

/** Places whose expected features are kept. */
export const EXPECTED_PLACES = 10;

/**
 * How likely a draw of coefficients puts each shown item at its place: (times it did + 1/n) / (draws + 1), n the size of the
 * pool. The part that is added is one draw of pure chance, so that nothing that was shown has a propensity of 0; of each
 * item the sum over places, and of each place the sum over items, is 1 at most.
 */
export function propensities({ rows, pool, draw, features, shown, options }: PropensityInput): Chances {
  const expected = new Float64Array(Math.min(EXPECTED_PLACES, shown.length) * features);
  const counts = new Float64Array(shown.length);
  const coefficients = new Float64Array(features);
  const scores = new Float64Array(rows.length / features);
  for (let s = 0; s < DRAWS; s++) {
    draw(coefficients);
    scorePool(rows, pool, coefficients, scores);
    const { places } = orderBest(scores, pool, options);
    for (let p = 0; p < shown.length; p++) if (places[p] === shown[p]) counts[p] = (counts[p] as number) + 1;
    addRows(rows, places, expected, features);
  }
  return {
    propensities: counts.map((count) => (count + 1 / pool.length) / (DRAWS + 1)),
    expected: Float32Array.from(expected, (sum) => sum / DRAWS),
  };
}

/** scores[i] = coefficients · features of i, for every i of the pool. */
export function scorePool(
  rows: Float64Array,
  pool: Int32Array,
  coefficients: Float64Array,
  scores: Float64Array,
): void {
  const d = coefficients.length;
  for (let p = 0; p < pool.length; p++) {
    const candidate = pool[p] as number;
    const row = candidate * d;
    let [a, b] = [0, 0];
    let f = 0;
    for (; f + 1 < d; f += 2) {
      a += (coefficients[f] as number) * (rows[row + f] as number);
      b += (coefficients[f + 1] as number) * (rows[row + f + 1] as number);
    }
    if (f < d) a += (coefficients[f] as number) * (rows[row + f] as number);
    scores[candidate] = a + b;
  }
}

/** Adds the features of who stands at each of the first places. */
export function addRows(rows: Float64Array, places: Int32Array, sums: Float64Array, features: number): void {
  for (let at = 0; at < sums.length; at++) {
    const place = Math.floor(at / features);
    sums[at] = (sums[at] as number) + (rows[(places[place] as number) * features + (at % features)] as number);
  }
}
