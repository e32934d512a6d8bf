import { sigmoid } from "./deterministic-math.ts";
import type { GaussianBelief, PersonBelief } from "./state.ts";

/** That one thing was preferred to another. */
export interface Comparison {
  /** Features of the preferred one minus those of the other. */
  difference: Float64Array;
  /** How much it counts, 0 to 1. */
  weight: number;
}

/** Steps of the search for the mode; each halves the interval at least, Newton's steps come to the last bit sooner. */
const STEPS = 12;

/**
 * What is believed after these comparisons: Bayesian logistic regression on pairs, one after the other.
 *
 * With x the difference, the likelihood is sigmoid(θ·x)^weight. The mode of prior × likelihood lies on μ + aΣx, where
 * a = weight · (1 − sigmoid(μ·x + a·xᵀΣx)); it is found on that line, and the covariance is that of Laplace's approximation
 * there, a rank-one downdate (Sherman–Morrison): Σ − c/(1 + c·xᵀΣx) · Σx xᵀΣ with c = weight · p(1 − p).
 * Sources: Spiegelhalter and Lauritzen 1990 (sequential updating by Laplace's approximation); Chapelle and Li 2011,
 * "An Empirical Evaluation of Thompson Sampling", algorithm 3; Burges et al. 2005 (the pairwise logistic loss).
 */
export function learn(belief: PersonBelief, comparisons: readonly Comparison[]): PersonBelief {
  const mean = belief.mean.slice();
  const covariance = belief.covariance.slice();
  const d = mean.length;
  const spread = new Float64Array(d);
  for (const { difference, weight } of comparisons) {
    if (difference.length !== d) throw new RangeError(`expected ${d} features, got ${difference.length}`);
    let m = 0;
    let v = 0;
    for (let i = 0; i < d; i++) {
      let sum = 0;
      const row = i * d;
      for (let j = 0; j < d; j++) sum += (covariance[row + j] as number) * (difference[j] as number);
      spread[i] = sum;
      v += sum * (difference[i] as number);
      m += (mean[i] as number) * (difference[i] as number);
    }
    if (!(v > 0)) continue;
    const a = modeStep(m, v, weight);
    const p = sigmoid(m + a * v);
    const c = weight * p * (1 - p);
    const shrink = c / (1 + c * v);
    for (let i = 0; i < d; i++) {
      const s = spread[i] as number;
      mean[i] = (mean[i] as number) + a * s;
      const scaled = shrink * s;
      const row = i * d;
      // Lower half, mirrored: the matrix stays symmetric to the bit.
      for (let j = 0; j <= i; j++) {
        const value = (covariance[row + j] as number) - scaled * (spread[j] as number);
        covariance[row + j] = value;
        covariance[j * d + i] = value;
      }
    }
  }
  return { mean, covariance, comparisons: belief.comparisons + comparisons.length };
}

/** The a in [0, weight] with a = weight · (1 − sigmoid(m + a·v)): Newton's method, held inside of an interval that shrinks. */
function modeStep(m: number, v: number, weight: number): number {
  let low = 0;
  let high = weight;
  let a = weight * (1 - sigmoid(m)) * 0.5;
  for (let step = 0; step < STEPS; step++) {
    const p = sigmoid(m + a * v);
    const off = a - weight * (1 - p);
    if (off === 0) return a;
    if (off > 0) high = a;
    else low = a;
    const newton = a - off / (1 + weight * p * (1 - p) * v);
    const next = newton > low && newton < high ? newton : 0.5 * (low + high);
    if (next === a) return a;
    a = next;
  }
  return a;
}

/** A person of whom nothing is known yet. */
export function fromPrior(prior: GaussianBelief): PersonBelief {
  return { mean: prior.mean, covariance: prior.covariance, comparisons: 0 };
}
