import { doubles, floats, integers } from "./columns.ts";
import { placesTo } from "./order.ts";
import { sortTogether } from "./sorted.ts";
import { varyingOf } from "./varying.ts";

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
  /** By candidate, the score by the mean coefficients. */
  means: Float64Array;
  /** How much a score counts, and what is taken off it, by candidate: what diversity does. */
  share: number;
  penalties: Float64Array;
  /** Who is shown, by place. */
  shown: Int32Array;
}

export interface Chances {
  /** By place, in (0, 1]. */
  propensities: Float64Array;
  /** Mean features by place, one place after the other, of the first EXPECTED_PLACES. */
  expected: Float32Array;
}

/** Places whose expected features are taken. */
export const EXPECTED_PLACES = 10;

/**
 * How likely a draw of coefficients puts each shown item at its place: (times it did + 1/n) / (draws + 1), n the size of the
 * pool. The part that is added is one draw of pure chance, so that nothing that was shown has a propensity of 0; of each
 * item the sum over places, and of each place the sum over items, is 1 at most.
 *
 * Draws come in pairs, each the other's mirror image at the mean (antithetic variates: Hammersley and Morton 1956): half of the
 * random numbers and products, and a mean that is less noisy.
 */
export function propensities({ rows, pool, draw, features, means, share, penalties, shown }: PropensityInput): Chances {
  const n = shown.length;
  const size = pool.length;
  // From here on a candidate is its place in the pool.
  const varying = varyingOf(rows, pool, features, share);
  // What diversity takes off, as what it adds.
  const taken = doubles(size);
  const doubled = doubles(size);
  const placeOf = integers(means.length).fill(-1);
  for (let i = 0; i < size; i++) {
    const candidate = pool[i] as number;
    taken[i] = -(penalties[candidate] as number);
    doubled[i] = 2 * (share * (means[candidate] as number) + (taken[i] as number));
    placeOf[candidate] = i;
  }
  const wanted = integers(n);
  for (let p = 0; p < n; p++) wanted[p] = placeOf[shown[p] as number] as number;
  const tally = { hits: integers(n), times: integers(Math.min(EXPECTED_PLACES, n) * size) };
  const everybody = placesTo(size);
  const coefficients = doubles(features);
  const scores = doubles(size);
  const mirrored = doubles(size);
  const places = integers(size);
  const countOrder = (sorted: Float64Array) => {
    places.set(everybody);
    sortTogether(sorted, places);
    count(tally, places, wanted, size);
  };
  for (let s = 0; s < DRAWS; s += 2) {
    draw(coefficients);
    scores.set(taken);
    varying.addScores(coefficients, scores);
    for (let i = 0; i < size; i++) mirrored[i] = (doubled[i] as number) - (scores[i] as number);
    countOrder(scores);
    countOrder(mirrored);
  }
  const chances = doubles(n);
  for (let p = 0; p < n; p++) chances[p] = ((tally.hits[p] as number) + 1 / size) / (DRAWS + 1);
  return { propensities: chances, expected: expectedFeatures(tally.times, rows, pool, features) };
}

/** How often each place was that of who is wanted there, and by each of the first places how often each of the pool stood there. */
interface Tally {
  hits: Int32Array;
  times: Int32Array;
}

function count({ hits, times }: Tally, places: Int32Array, wanted: Int32Array, size: number): void {
  for (let p = 0; p < hits.length; p++) {
    const apart = (places[p] as number) ^ (wanted[p] as number);
    // 1 where nothing is apart; a branch would be guessed wrong as often as not.
    hits[p] = (hits[p] as number) + 1 + ((apart | -apart) >> 31);
  }
  for (let p = 0, from = 0; from < times.length; p++, from += size) {
    const at = from + (places[p] as number);
    times[at] = (times[at] as number) + 1;
  }
}

/** The mean features by place of who stood there. */
function expectedFeatures(times: Int32Array, rows: Float64Array, pool: Int32Array, features: number): Float32Array {
  const size = pool.length;
  const expected = floats((times.length / size) * features);
  for (let from = 0, to = 0; from < times.length; from += size, to += features) {
    for (let i = 0; i < size; i++) {
      const part = (times[from + i] as number) / DRAWS;
      if (part > 0) addRow(expected, to, rows, (pool[i] as number) * features, features, part);
    }
  }
  return expected;
}

function addRow(to: Float32Array, at: number, rows: Float64Array, from: number, features: number, part: number) {
  for (let f = 0; f < features; f++) to[at + f] = (to[at + f] as number) + part * (rows[from + f] as number);
}
