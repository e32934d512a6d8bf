import { type Interval, type Resampled, resample, studentisedInterval } from "./bootstrap.ts";
import type { EstimatorName } from "./estimators.ts";
import type { LoggedRecommendation } from "./logged.ts";
import { predictRewards } from "./predict.ts";
import { seededRandom } from "./random.ts";
import { unitsOf } from "./units.ts";
import { type WeighedLog, weigh } from "./weigh.ts";

export interface EvaluateOptions<Name extends EstimatorName> {
  /** The policy whose worth is asked. */
  policy: string;
  /** What is estimated; "dr" takes most of the time. */
  estimators: readonly Name[];
  /** Places of each recommendation that count, from 1 on. */
  places: number;
  bootstrapSamples: number;
  seed: bigint;
  /** Called between pieces of work of some milliseconds. */
  pause?: () => Promise<void>;
}

/** A value with its 95 % interval. */
export interface EstimateWithInterval extends Interval {
  /** Mean reward a recommendation. */
  value: number;
}

/** By estimator what it says; "logged" is what was earned in fact on the same recommendations. */
export type Evaluation<Name extends EstimatorName> = Omit<WeighedLog, "rounds"> & {
  recommendations: number;
} & Record<Name, EstimateWithInterval>;

/** The log has too little to say. */
export class TooLittleEvidence extends Error {
  override name = "TooLittleEvidence";
}

const LEAST_RECOMMENDATIONS = 30;
const LEAST_EFFECTIVE = 10;

/**
 * What the policy would have earned on the log's recommendations.
 *
 * @throws TooLittleEvidence below 30 recommendations that say what the policy would have shown, or with an effective sample
 *   size below 10.
 */
export async function evaluatePolicy<Name extends EstimatorName>(
  log: readonly LoggedRecommendation[],
  { policy, estimators, places, bootstrapSamples, seed, pause }: EvaluateOptions<Name>,
): Promise<Evaluation<Name>> {
  const { rounds, ...weights } = weigh(log, policy, places);
  if (rounds.length < LEAST_RECOMMENDATIONS) {
    throw new TooLittleEvidence(
      `expected at least ${LEAST_RECOMMENDATIONS} recommendations that say what ${policy} would have shown, got ${rounds.length} (${weights.leftOut} others do not)`,
    );
  }
  if (weights.effectiveSampleSize < LEAST_EFFECTIVE) {
    throw new TooLittleEvidence(
      `expected evidence worth at least ${LEAST_EFFECTIVE} recommendations, got ${weights.effectiveSampleSize.toFixed(1)} from ${rounds.length}: what was shown is too far from what ${policy} would show`,
    );
  }
  const random = seededRandom(seed);
  const names: readonly EstimatorName[] = estimators;
  const predictions = names.includes("dr") ? await predictRewards(rounds, policy, pause) : undefined;
  const all = await resample(unitsOf(rounds, predictions, random), estimators, bootstrapSamples, random, pause);
  const withInterval = (resampled: Resampled): EstimateWithInterval => ({
    value: resampled.point.value,
    ...studentisedInterval(resampled),
  });
  const estimates = Object.fromEntries(estimators.map((name) => [name, withInterval(all[name])]));
  return { recommendations: rounds.length, ...weights, ...(estimates as Record<Name, EstimateWithInterval>) };
}
