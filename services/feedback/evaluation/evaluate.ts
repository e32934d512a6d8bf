import { type Interval, type Resampled, resample, studentisedInterval } from "./bootstrap.ts";
import type { LoggedRecommendation } from "./logged.ts";
import { predictRewards } from "./predict.ts";
import { seededRandom } from "./random.ts";
import { unitsOf } from "./units.ts";
import { type WeighedLog, weigh } from "./weigh.ts";

export interface EvaluateOptions {
  /** The policy whose worth is asked. */
  policy: string;
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

export interface Evaluation extends Omit<WeighedLog, "rounds"> {
  recommendations: number;
  ips: EstimateWithInterval;
  snips: EstimateWithInterval;
  dr: EstimateWithInterval;
  /** What was earned in fact on the same recommendations. */
  logged: EstimateWithInterval;
}

/** The log has too little to say. */
export class TooLittleEvidence extends Error {
  override name = "TooLittleEvidence";
}

const LEAST_RECOMMENDATIONS = 30;
const LEAST_EFFECTIVE = 10;

/**
 * What the policy would have earned on the log's recommendations, by three estimators.
 *
 * @throws TooLittleEvidence below 30 recommendations that say what the policy would have shown, or with an effective sample
 *   size below 10.
 */
export async function evaluatePolicy(
  log: readonly LoggedRecommendation[],
  { policy, places, bootstrapSamples, seed, pause }: EvaluateOptions,
): Promise<Evaluation> {
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
  const predictions = await predictRewards(rounds, policy, pause);
  const all = await resample(unitsOf(rounds, predictions, random), bootstrapSamples, random, pause);
  const withInterval = (resampled: Resampled) => ({
    value: resampled.point.value,
    ...studentisedInterval(resampled),
  });
  return {
    recommendations: rounds.length,
    ips: withInterval(all.ips),
    snips: withInterval(all.snips),
    dr: withInterval(all.dr),
    logged: withInterval(all.logged),
    ...weights,
  };
}
