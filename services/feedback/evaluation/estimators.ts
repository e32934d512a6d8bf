import type { Units } from "./units.ts";

export const ESTIMATORS = ["ips", "snips", "dr", "logged"] as const;
export type EstimatorName = (typeof ESTIMATORS)[number];

export interface PointEstimate {
  /** Mean reward a recommendation. */
  value: number;
  /** Its standard error, by linearisation (delta method). */
  error: number;
}

/** How often each unit is counted; as many as there are units. */
export type Counts = Uint16Array;

/**
 * What an estimator says of the units, each counted as often as `counts` says.
 *
 * - `ips`, inverse propensity scoring: the mean of w · reward (Horvitz, Thompson, 1952).
 * - `snips`, self-normalised: at every place Σ w · reward / Σ w, added up (Swaminathan, Joachims: The Self-Normalized
 *   Estimator for Counterfactual Learning, NeurIPS 2015). Weights that happen to be large as a whole do not count.
 * - `dr`, doubly robust: what the reward model predicts for the target, and the weighted rest that it did not predict
 *   (Dudík, Langford, Li: Doubly Robust Policy Evaluation and Learning, ICML 2011). Right if weights or model are.
 * - `logged`: what was earned in fact.
 */
export function estimate(name: EstimatorName, units: Units, counts: Counts): PointEstimate {
  return name === "snips" ? selfNormalised(units, counts) : ratioOf(units[name], units.size, counts);
}

function ratioOf(sums: Float64Array, sizes: Float64Array, counts: Counts): PointEstimate {
  let [sum, size] = [0, 0];
  for (let unit = 0; unit < counts.length; unit++) {
    sum += counts[unit]! * sums[unit]!;
    size += counts[unit]! * sizes[unit]!;
  }
  const value = sum / size;
  let squares = 0;
  for (let unit = 0; unit < counts.length; unit++) {
    const rest = sums[unit]! - value * sizes[unit]!;
    squares += counts[unit]! * rest * rest;
  }
  return { value, error: Math.sqrt(squares) / size };
}

function selfNormalised(units: Units, counts: Counts): PointEstimate {
  const { places, having, weight, weighted, size } = units;
  const [n, w, wy] = [new Float64Array(places), new Float64Array(places), new Float64Array(places)];
  let recommendations = 0;
  for (let unit = 0; unit < counts.length; unit++) {
    const times = counts[unit]!;
    if (times === 0) continue;
    recommendations += times * size[unit]!;
    for (let place = 0, cell = unit * places; place < places; place++, cell++) {
      n[place]! += times * having[cell]!;
      w[place]! += times * weight[cell]!;
      wy[place]! += times * weighted[cell]!;
    }
  }
  // A place at which nothing was shown that the target would show says nothing.
  const values = wy.map((sum, place) => (w[place]! > 0 ? sum / w[place]! : 0));
  const value = values.reduce((sum, one, place) => sum + (n[place]! / recommendations) * one, 0);
  let squares = 0;
  for (let unit = 0; unit < counts.length; unit++) {
    const times = counts[unit]!;
    if (times === 0) continue;
    let influence = (-value * size[unit]!) / recommendations;
    for (let place = 0, cell = unit * places; place < places; place++, cell++) {
      influence += (values[place]! * having[cell]!) / recommendations;
      if (w[place]! === 0) continue;
      const rest = weighted[cell]! - values[place]! * weight[cell]!;
      influence += ((n[place]! / recommendations) * rest) / w[place]!;
    }
    squares += times * influence * influence;
  }
  return { value, error: Math.sqrt(squares) };
}
