import { doubles, floats, integers } from "./columns.ts";
import { sortedByScore } from "./sorted.ts";

/** How alike two candidates are, 0 to 1, by their places. */
export type Likeness = (a: number, b: number) => number;

export interface OrderOptions {
  /** How many are wanted. */
  k: number;
  /** 0 … 1; 0: by score alone. */
  diversity: number;
  likeness: Likeness;
}

/** An order: who stands where, and what each lost for being like those before it (zeros without diversity). */
export interface Ordered {
  places: Int32Array;
  penalties: Float64Array;
}

/** Candidates that diversity chooses among at least, and draws. */
const LEAST_POOL = 40;

/** Those that can come to the first k places: the best 40 by score, or three times k; best first, equal ones by place. */
export function likeliest(scores: Float64Array, k: number): Int32Array {
  const everybody = placesTo(scores.length);
  return sortedByScore(everybody, scores).subarray(0, Math.max(LEAST_POOL, 3 * k));
}

/** Of each place the value of the candidate there. */
export function byPlace(places: Int32Array, byCandidate: Float64Array): Float64Array {
  const values = doubles(places.length);
  for (let place = 0; place < places.length; place++) values[place] = byCandidate[places[place] as number] as number;
  return values;
}

/** The features of who stands where, place by place. */
export function rowsByPlace(rows: Float64Array, places: Int32Array, features: number): Float32Array {
  const byPlace = floats(places.length * features);
  for (let place = 0, at = 0; place < places.length; place++) {
    const row = (places[place] as number) * features;
    for (let f = 0; f < features; f++, at++) byPlace[at] = rows[row + f] as number;
  }
  return byPlace;
}

/** 0, 1, … to `count` of them. */
export function placesTo(count: number): Int32Array {
  const places = integers(count);
  for (let i = 0; i < count; i++) places[i] = i;
  return places;
}

/**
 * The best k by score, equal ones by place in `pool`; with diversity by maximal marginal relevance (Carbonell and Goldstein,
 * SIGIR 1998): each next one has the largest (1 − λ)·score − λ·range·(likeness to the most alike before it), where range is
 * that of the scores, so that λ means the same for every scale. That value never rises from one place to the next.
 *
 * @param scores by candidate.
 * @param pool the candidates to choose from.
 */
export function orderBest(scores: Float64Array, pool: Int32Array, options: OrderOptions): Ordered {
  const n = Math.min(options.k, pool.length);
  if (options.diversity > 0 && n > 1) {
    const { places, penalties } = marginal(scores, pool, n, options);
    return { places, penalties: byPlace(places, penalties) };
  }
  return { places: sortedByScore(pool, scores).subarray(0, n), penalties: doubles(n) };
}

/**
 * What each candidate of the pool loses, by candidate, for being like those that stand before it in the order of these
 * scores; those that do not come to the first k places, for being like any of these. All 0 without diversity.
 */
export function penaltiesOf(scores: Float64Array, pool: Int32Array, options: OrderOptions): Float64Array {
  if (options.diversity === 0) return doubles(scores.length);
  return marginal(scores, pool, Math.min(options.k, pool.length), options).penalties;
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

/** Penalties are by candidate. */
function marginal(scores: Float64Array, pool: Int32Array, n: number, { diversity, likeness }: OrderOptions): Ordered {
  const places = integers(n);
  const penalties = doubles(scores.length);
  const left = integers(pool.length);
  left.set(pool);
  const most = doubles(left.length);
  const range = rangeOf(scores, pool);
  let open = left.length;
  for (let place = 0; place < n; place++) {
    let best = -1;
    let bestValue = Number.NEGATIVE_INFINITY;
    for (let p = 0; p < open; p++) {
      const value = (1 - diversity) * (scores[left[p] as number] as number) - diversity * range * (most[p] as number);
      // Of equal ones the first of the pool: what was taken leaves no gap that would mix them up.
      if (value > bestValue) [best, bestValue] = [p, value];
    }
    const chosen = left[best] as number;
    places[place] = chosen;
    penalties[chosen] = diversity * range * (most[best] as number);
    left.copyWithin(best, best + 1, open);
    most.copyWithin(best, best + 1, open);
    open--;
    for (let p = 0; p < open; p++) most[p] = Math.max(most[p] as number, likeness(chosen, left[p] as number));
  }
  for (let p = 0; p < open; p++) penalties[left[p] as number] = diversity * range * (most[p] as number);
  return { places, penalties };
}

function rangeOf(scores: Float64Array, pool: Int32Array): number {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const candidate of pool) {
    low = Math.min(low, scores[candidate] as number);
    high = Math.max(high, scores[candidate] as number);
  }
  // All equal: only difference counts, as it should.
  return high > low ? high - low : 1;
}
