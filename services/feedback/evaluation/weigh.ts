import type { LoggedRecommendation } from "./logged.ts";

/** The first places of a recommendation with their importance weights. */
export interface Weighed {
  recommendation: LoggedRecommendation;
  /** One a place: how much more often the target shows this item here than the log does; clipped. */
  weights: Float64Array;
}

/** The log as seen from a policy. */
export interface WeighedLog {
  rounds: Weighed[];
  /** Recommendations that do not say what the policy would have shown, or with what probability they came to be. */
  leftOut: number;
  /** Of the places: before clipping; 1 in the mean if the log shows all that the policy would. */
  meanWeight: number;
  /** After clipping. */
  largestWeight: number;
  /** Share of the places whose weight was clipped. */
  clipped: number;
  /** (Σ w)² / Σ w², in recommendations. */
  effectiveSampleSize: number;
}

/** Smallest limit for clipping. */
const LEAST_LIMIT = 10;

/**
 * Importance weights of the target policy on what was shown, place by place (item-position model: Li, Abbasi-Yadkori,
 * Kveton, Muthukrishnan, Vinay, Wen: Offline Evaluation of Ranking Policies with Click Models, KDD 2018).
 *
 * Several policies share out the people by chance, so an item came to its place under their mixture; its probability is the
 * mean of theirs, by how many recommendations each showed (balanced weights: Agarwal, Basu, Schnabel, Joachims: Effective
 * Evaluation using Logged Bandit Feedback from Multiple Loggers, KDD 2017). What one policy never shows, another may have.
 *
 * Weights above √n are cut to √n, at least 10 (Ionides: Truncated Importance Sampling, 2008): the error that it brings
 * falls with n, and no single recommendation decides.
 */
export function weigh(log: readonly LoggedRecommendation[], target: string, places: number): WeighedLog {
  const known = log.filter((recommendation) => saysOf(recommendation, target));
  const shares = shareOfPolicies(known);
  const limit = Math.max(LEAST_LIMIT, Math.sqrt(known.length));
  let [sum, kept, squares, largest, cut, count] = [0, 0, 0, 0, 0, 0];
  const rounds = known.map((recommendation): Weighed => {
    const weights = Float64Array.from(recommendation.places.slice(0, places), ({ propensities }) => {
      const weight = (propensities[target] ?? 0) / mixture(propensities, shares);
      const clipped = Math.min(weight, limit);
      sum += weight;
      kept += clipped;
      squares += clipped * clipped;
      largest = Math.max(largest, clipped);
      cut += weight > limit ? 1 : 0;
      count += 1;
      return clipped;
    });
    return { recommendation, weights };
  });
  const perRecommendation = count / Math.max(1, rounds.length);
  return {
    rounds,
    leftOut: log.length - known.length,
    meanWeight: count === 0 ? 0 : sum / count,
    largestWeight: largest,
    clipped: count === 0 ? 0 : cut / count,
    effectiveSampleSize: squares === 0 ? 0 : (kept * kept) / squares / perRecommendation,
  };
}

/** Whether it tells what the target would have shown, and how what was shown came to be. */
function saysOf({ policy, places }: LoggedRecommendation, target: string): boolean {
  const told = places.some(({ propensities }) => propensities[target] !== undefined);
  return told && places.every(({ propensities }) => (propensities[policy] ?? 0) > 0);
}

function shareOfPolicies(log: readonly LoggedRecommendation[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { policy } of log) counts.set(policy, (counts.get(policy) ?? 0) + 1);
  return new Map([...counts].map(([policy, count]) => [policy, count / log.length]));
}

/** The probability of what was shown; a policy that the place does not name did not exist yet. */
function mixture(propensities: LoggedRecommendation["places"][number]["propensities"], shares: Map<string, number>) {
  let [probability, share] = [0, 0];
  for (const [policy, part] of shares) {
    const propensity = propensities[policy];
    if (propensity === undefined) continue;
    probability += part * propensity;
    share += part;
  }
  return probability / share;
}
