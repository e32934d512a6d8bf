import { initialCommon } from "../../services/feedback/learning/default-priors.ts";
import { NOBODY } from "../../services/feedback/learning/fold.ts";
import type { GaussianBelief, PersonState } from "../../services/feedback/learning/state.ts";
import { ITEM_FEATURES, ITEM_LAYOUT } from "../../services/fusion/ranking/layout.ts";
import type { SeenWorld } from "./embeddings.ts";
import { seeded } from "./random.ts";
import { commonFor, Shopper } from "./shopper.ts";
import type { Convex } from "./tune-convex.ts";
import type { Village } from "./village.ts";

/** What a prior is made of. */
export interface Lives {
  world: SeenWorld;
  villages: readonly Village[];
  convex: Convex;
  /** Answers that each person gives. */
  events: number;
}

/** Variances before anything was learned. */
const FIRST_VARIANCE = 0.5;
/** Coefficient of reciprocal rank fusion before anything was learned. */
const FIRST_RRF = 5;

/** Before anything was learned: reciprocal rank fusion. */
export function firstPrior(): GaussianBelief {
  const d = ITEM_FEATURES.length;
  const mean = new Float64Array(d);
  mean[ITEM_FEATURES.indexOf("fusion.rrf")] = FIRST_RRF;
  const covariance = new Float64Array(d * d);
  for (let i = 0; i < d; i++) covariance[i * (d + 1)] = FIRST_VARIANCE;
  return { mean, covariance };
}

/**
 * What all people would believe if they were one: each goes on with what the one before left. Its mean is where Reptile
 * starts, which would take many rounds to come so far; its covariance, that of a very long life, is not used.
 */
export function together({ world, villages, convex, events }: Lives, prior: GaussianBelief): GaussianBelief {
  const state = initialCommon({ [ITEM_LAYOUT]: prior });
  let beliefs: PersonState["beliefs"] = {};
  for (const village of villages) {
    const common = commonFor(state, convex, village.popularity);
    for (const [index, { person, learningQueries }] of village.people.entries()) {
      const shopper = new Shopper(world, state, common, { ...NOBODY, beliefs });
      const random = seeded(village.seed, 6, index);
      for (let list = 0; shopper.events < events && list < 4 * events; list++) {
        const query = learningQueries[list % learningQueries.length]!;
        shopper.answer(person, query, shopper.recommend(query, "adaptive", random), () => {});
      }
      beliefs = shopper.state?.beliefs ?? beliefs;
    }
  }
  return { mean: beliefs[ITEM_LAYOUT]?.mean ?? prior.mean, covariance: prior.covariance };
}

/** Everybody of a village starts with the prior and lives until they have answered `events` times. */
export function live({ world, villages, convex, events }: Lives, prior: GaussianBelief, round: number): PersonState[] {
  const state = initialCommon({ [ITEM_LAYOUT]: prior });
  return villages.flatMap((village) => {
    const common = commonFor(state, convex, village.popularity);
    return village.people.flatMap(({ person, learningQueries }, index) => {
      const shopper = new Shopper(world, state, common);
      const random = seeded(village.seed, 3, index, round);
      for (let list = 0; shopper.events < events && list < 4 * events; list++) {
        const query = learningQueries[list % learningQueries.length]!;
        shopper.answer(person, query, shopper.recommend(query, "adaptive", random), () => {});
      }
      return shopper.state ? [shopper.state] : [];
    });
  });
}

/** The mean of what was learned of each, and how people differ from it and how unsure it is. */
export function pooled(states: readonly PersonState[], before: GaussianBelief): GaussianBelief {
  const d = before.mean.length;
  const beliefs = states.flatMap(({ beliefs }) => (beliefs[ITEM_LAYOUT] ? [beliefs[ITEM_LAYOUT]] : []));
  const mean = before.mean.map((_, i) => beliefs.reduce((sum, one) => sum + one.mean[i]!, 0) / beliefs.length);
  const covariance = new Float64Array(d * d);
  for (const one of beliefs) {
    for (let i = 0; i < d; i++) {
      for (let j = 0; j < d; j++) {
        const differs = (one.mean[i]! - mean[i]!) * (one.mean[j]! - mean[j]!);
        covariance[i * d + j] = covariance[i * d + j]! + (one.covariance[i * d + j]! + differs) / beliefs.length;
      }
    }
  }
  // Rounding must not make it lopsided.
  for (let i = 0; i < d; i++) for (let j = 0; j < i; j++) covariance[j * d + i] = covariance[i * d + j]!;
  return { mean, covariance };
}
