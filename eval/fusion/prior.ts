import type { GaussianBelief } from "../../services/feedback/learning/state.ts";
import { ITEM_FEATURES } from "../../services/fusion/ranking/layout.ts";
import { betweenPeople } from "./between-people.ts";
import { type Example, examplesOf, FEATURES, type Lives } from "./histories.ts";
import { dotted, times } from "./linear-algebra.ts";
import { fitListwise } from "./listwise.ts";

/** Coefficient of reciprocal rank fusion, and variances, before anything was learned. */
const FIRST = { rrf: 5, variance: 0.02 };

/**
 * The part of the variance between people that they start with: a person's answers are taken for more facts than they are, so
 * all of it would have them learn too fast. Of 0.03 to 1 the one with the best curve on training populations.
 */
const SHARE = 0.2;

/** Before anything was learned: reciprocal rank fusion, and a little doubt, so that the first people see more than its order. */
function firstPrior(): GaussianBelief {
  const mean = new Float64Array(FEATURES);
  mean[ITEM_FEATURES.indexOf("fusion.rrf")] = FIRST.rrf;
  const covariance = new Float64Array(FEATURES * FEATURES);
  for (let i = 0; i < FEATURES; i++) covariance[i * (FEATURES + 1)] = FIRST.variance;
  return { mean, covariance };
}

/**
 * The prior that these examples speak for. Its mean is what serves everybody best at all lengths of history; its
 * covariance is a part of how people differ, brought from units of utility to those of the mean.
 */
export function priorOf(examples: readonly Example[]): GaussianBelief {
  const mean = fitListwise(examples);
  const between = betweenPeople(examples);
  const towards = times(between.gram, between.mean);
  const scale = dotted(towards, mean) / dotted(towards, between.mean);
  return { mean, covariance: between.covariance.map((value) => SHARE * scale * scale * value) };
}

/** Times that people live, each with the prior that the time before made: what is shown with a better one makes other histories. */
const LIVES = 2;

/** The prior that these lives make in the end. */
export function livedPrior(
  lives: Lives,
  told: (prior: GaussianBelief, round: number) => void = () => {},
): GaussianBelief {
  let prior = firstPrior();
  for (let round = 0; round < LIVES; round++) {
    prior = priorOf(examplesOf(lives, prior));
    told(prior, round);
  }
  return prior;
}
