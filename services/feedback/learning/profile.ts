import type { MessageInitShape } from "@bufbuild/protobuf";
import type {
  BeliefSchema,
  CommonLearningSchema,
  ProfileSchema,
} from "../../../gen/flashfit/feedback/v1/feedback_pb.ts";
import { affinityOf, weightOf } from "./answered-items.ts";
import { MODEL_FEATURES } from "./default-priors.ts";
import { NOBODY } from "./fold.ts";
import { writeDoubles } from "./numbers.ts";
import { strengthOfPassing } from "./passed-items.ts";
import type { CommonState, ItemCount, PersonState, Priors, Tally } from "./state.ts";

/** The fields of Profile that come from learning: all but `userId` and `policy`. Undefined: somebody unknown. */
export function profileOf(person: PersonState = NOBODY, common: CommonState) {
  const { eventCount, version, learnedSeq, items, passed = [] } = person;
  const passings = passed.map((item) => ({ ...item, strength: strengthOfPassing(item) }));
  const weights = [...items, ...passings].map((item) => ({ itemId: item.itemId, weight: weightOf(item, eventCount) }));
  const means = Object.fromEntries(
    Object.entries(common.priors).map(([layout, prior]) => [layout, person.beliefs[layout]?.mean ?? prior.mean]),
  );
  return {
    eventCount: BigInt(eventCount),
    version: BigInt(version),
    learnedSeq,
    modelWeights: modelWeights(means),
    likedItemIds: items.filter(({ strength }) => strength > 0).map(({ itemId }) => itemId),
    dislikedItemIds: items.filter(({ strength }) => strength < 0).map(({ itemId }) => itemId),
    beliefs: beliefMessages(person.beliefs),
    itemWeights: weights,
    categoryAffinity: affinities(person.categories),
    colourAffinity: affinities(person.colours),
  } satisfies MessageInitShape<typeof ProfileSchema>;
}

/** The fields of CommonLearning that come from the fold; policies without their rollout and weights. */
export function commonLearningOf(common: CommonState, popularity: ReadonlyMap<string, number>) {
  return {
    priors: beliefMessages(common.priors),
    policies: Object.entries(common.policies).map(([name, { recommendations, positive, negative }]) => ({
      name,
      recommendations: BigInt(recommendations),
      positive: BigInt(positive),
      negative: BigInt(negative),
    })),
    popularity: Object.fromEntries(popularity),
  } satisfies MessageInitShape<typeof CommonLearningSchema>;
}

/** Times shown that every item starts with, answered to as the average item is. */
const PRIOR_SHOWN = 20;

/**
 * How popular items are, 0 to 1: the part of the times shown that got a yes, drawn towards that of all items where it was
 * shown rarely (the mean of a beta posterior), measured by the largest. Items that were never shown are not in it.
 */
export function popularityOf(counts: readonly ItemCount[], most = 10_000): Map<string, number> {
  const total = counts.reduce((sum, one) => ({ shown: sum.shown + one.shown, positive: sum.positive + one.positive }), {
    shown: 0,
    positive: 0,
  });
  const base = total.shown > 0 ? Math.min(1, total.positive / total.shown) : 0;
  const rates = counts
    .filter(({ shown, positive }) => shown + positive > 0)
    .map(({ itemId, shown, positive }) => {
      // A yes without a recommendation counts as shown once.
      const rate = (positive + base * PRIOR_SHOWN) / (Math.max(shown, positive) + PRIOR_SHOWN);
      return { itemId, rate };
    })
    .sort((a, b) => b.rate - a.rate || (a.itemId < b.itemId ? -1 : 1))
    .slice(0, most);
  const largest = rates[0]?.rate ?? 0;
  return new Map(rates.map(({ itemId, rate }) => [itemId, largest > 0 ? rate / largest : 0]));
}

function beliefMessages(beliefs: Priors & { [layout: string]: { comparisons?: number } }) {
  return Object.entries(beliefs).map(
    ([layout, { mean, covariance, comparisons }]): MessageInitShape<typeof BeliefSchema> => ({
      layout,
      mean: writeDoubles(mean),
      covariance: writeDoubles(covariance),
      comparisons: BigInt(comparisons ?? 0),
    }),
  );
}

/** The share of each model, from the features that the default priors say are its own; equal ones if none counts for. */
function modelWeights(means: Readonly<Record<string, Float64Array>>): Record<string, number> {
  const raw = MODEL_FEATURES.map(({ model, layout, features }) => {
    const mean = means[layout];
    return {
      model,
      weight: Math.max(
        0,
        features.reduce((sum, i) => sum + (mean?.[i] ?? 0), 0),
      ),
    };
  });
  const sum = raw.reduce((total, { weight }) => total + weight, 0);
  return Object.fromEntries(raw.map(({ model, weight }) => [model, sum > 0 ? weight / sum : 1 / raw.length]));
}

function affinities(tallies: Readonly<Record<string, Tally>>): Record<string, number> {
  return Object.fromEntries(Object.entries(tallies).map(([name, tally]) => [name, affinityOf(tally)]));
}
