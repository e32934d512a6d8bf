import { type Calibrated, calibrate } from "./calibration.ts";
import { doubles } from "./columns.ts";
import { itemFeatures } from "./features.ts";
import { gaussianDraws } from "./gaussian.ts";
import { ITEM_FEATURES, ITEM_LAYOUT } from "./layout.ts";
import { likenessOf } from "./likeness.ts";
import {
  byPlace,
  likeliest,
  type Ordered,
  type OrderOptions,
  orderBest,
  penaltiesOf,
  placesTo,
  rowsByPlace,
  scorePool,
} from "./order.ts";
import { adaptiveParts, baselineParts, convexParts, finish } from "./parts.ts";
import { DRAWS, EXPECTED_PLACES, propensities } from "./propensities.ts";
import type {
  Candidate,
  Gaussian,
  PolicyName,
  RankCommon,
  RankedItem,
  RankInput,
  RankOutput,
  RankPart,
  RankPerson,
} from "./rank-types.ts";
import { reciprocalRanks } from "./reciprocal-rank.ts";
import { sortedByScore } from "./sorted.ts";
import { adaptiveWeights, normalised } from "./weights.ts";

export * from "./rank-types.ts";

/**
 * How far Thompson sampling draws from what is believed, in standard deviations: below 1 it explores less than the belief
 * would have it (Chapelle and Li 2011, section 3, found that to pay off). Chosen on the training people of the simulator.
 */
const EXPLORATION = 0.1;

/** Propensities are kept for so many places; nobody sees more. */
const MOST_PLACES = 100;

/** What one policy makes of the candidates. */
interface Scored {
  scores: Float64Array;
  parts(candidate: number): RankPart[];
  weights: Map<string, number>;
}

/** An order that a policy makes, what each place lost to diversity, and what score is left of it. */
interface Listed extends Ordered, Omit<Scored, "scores"> {
  /** By place. */
  totals: Float64Array;
}

/**
 * Ranks candidates under a policy. Pure: the same input and random numbers give the same answer, in whatever order the
 * candidates come. With `adaptive`, coefficients are drawn once for the whole list (Thompson sampling), which orders the candidates
 * that are likeliest by the mean; diversity takes off what it would by the mean, so that a draw changes scores and not penalties.
 */
export function rank(input: RankInput): RankOutput {
  const candidates = [...input.candidates].sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
  const { context, person, taste, common, k, diversity, random } = input;
  const lists = [...input.models].sort().map((model) => calibrate(candidates, model));
  const rows = itemFeatures({ candidates, lists, context, person, taste, common });
  const belief = beliefOf(person, common);
  const policy = common && (belief || input.policy !== "adaptive") ? input.policy : "baseline";
  const options: OrderOptions = { k, diversity, likeness: likenessOf(candidates) };
  const everybody = placesTo(candidates.length);
  const inOrder = ({ scores, parts, weights }: Scored): Listed => {
    const { places, penalties } = orderBest(scores, diversity > 0 ? likeliest(scores, k) : everybody, options);
    const totals = penalties.map(
      (penalty, place) => (1 - diversity) * (scores[places[place] as number] as number) - penalty,
    );
    return { places, penalties, totals, parts, weights };
  };

  const fixed: Partial<Record<PolicyName, Listed>> = { baseline: inOrder(scoreBaseline(lists, candidates.length)) };
  if (common) fixed.convex = inOrder(scoreConvex(lists, candidates.length, common.convexWeights));
  const drawn = belief && drawing(rows, belief, options, random);
  const { places, penalties, totals, parts, weights } = fixed[policy] ?? drawn!.list(lists);

  const chances = new Map<PolicyName, Float64Array>();
  const expectedFeatures = new Map<PolicyName, Float32Array>();
  for (const [name, own] of Object.entries(fixed) as [PolicyName, Listed][]) {
    chances.set(name, sureChances(places, own.places));
    expectedFeatures.set(name, rowsByPlace(rows, own.places.subarray(0, EXPECTED_PLACES), ITEM_FEATURES.length));
  }
  if (drawn && places.length > 0) {
    const { propensities, expected } = drawn.chances(places.subarray(0, MOST_PLACES));
    // Of places that nobody sees nothing is counted: pure chance.
    const beyond = 1 / (candidates.length * (DRAWS + 1));
    const values = doubles(places.length).fill(beyond);
    values.set(propensities);
    chances.set("adaptive", values);
    expectedFeatures.set("adaptive", expected);
  }

  const own = chances.get(policy);
  chances.delete(policy);
  const items: RankedItem[] = [];
  for (let place = 0; place < places.length; place++) {
    items.push({
      id: (candidates[places[place] as number] as Candidate).id,
      score: totals[place] as number,
      propensity: own ? (own[place] as number) : 1,
    });
  }
  const features = rowsByPlace(rows, places, ITEM_FEATURES.length);
  const partsOf = (place: number) => finish(parts(places[place] as number), diversity, penalties[place] as number);
  return {
    items,
    features,
    otherPropensities: chances,
    partsOf,
    weights,
    policy,
    layout: ITEM_LAYOUT,
    expectedFeatures,
  };
}

function rowOf(rows: Float64Array, candidate: number): Float64Array {
  return rows.subarray(candidate * ITEM_FEATURES.length, (candidate + 1) * ITEM_FEATURES.length);
}

/** By place the chance that a policy without chance, whose order is `own`, shows there who is shown. */
function sureChances(shown: Int32Array, own: Int32Array): Float64Array {
  const chances = doubles(shown.length);
  for (let place = 0; place < shown.length; place++) chances[place] = own[place] === shown[place] ? 1 : 0;
  return chances;
}

/** What is believed of the person; the prior where nothing is; undefined when neither is of this layout. */
function beliefOf(person: RankPerson | undefined, common: RankCommon | undefined): Gaussian | undefined {
  const belief = person?.beliefs.get(ITEM_LAYOUT) ?? common?.priors.get(ITEM_LAYOUT);
  return belief?.mean.length === ITEM_FEATURES.length ? belief : undefined;
}

function scoreBaseline(lists: readonly Calibrated[], count: number): Scored {
  const models = lists.map(({ model }) => model);
  return {
    scores: reciprocalRanks(lists, count),
    parts: (candidate) => baselineParts(lists, candidate),
    weights: normalised(new Map(models.map((model) => [model, 1]))),
  };
}

function scoreConvex(lists: readonly Calibrated[], count: number, shares: ReadonlyMap<string, number>): Scored {
  const weights = normalised(new Map(lists.map(({ model }) => [model, shares.get(model) ?? 0])));
  const scores = doubles(count);
  for (const { model, values } of lists) {
    const weight = weights.get(model) ?? 0;
    for (let i = 0; i < count; i++) scores[i] = (scores[i] as number) + weight * (values[i] as number);
  }
  return { scores, parts: (candidate) => convexParts(lists, weights, candidate), weights };
}

/** Thompson sampling over the candidates that are likeliest by the mean. */
function drawing(rows: Float64Array, belief: Gaussian, options: OrderOptions, random: () => number) {
  const features = ITEM_FEATURES.length;
  const draw = gaussianDraws(belief, EXPLORATION, random);
  const means = doubles(rows.length / features);
  scorePool(rows, placesTo(means.length), belief.mean, means);
  const pool = likeliest(means, options.k);
  const penalties = penaltiesOf(means, pool, options);
  const share = 1 - options.diversity;
  return {
    list(lists: readonly Calibrated[]): Listed {
      const coefficients = doubles(features);
      draw(coefficients);
      const scores = doubles(means.length);
      scorePool(rows, pool, coefficients, scores);
      for (const i of pool) scores[i] = share * (scores[i] as number) - (penalties[i] as number);
      const places = sortedByScore(pool, scores).subarray(0, options.k);
      return {
        places,
        totals: byPlace(places, scores),
        penalties: byPlace(places, penalties),
        parts: (candidate) => adaptiveParts(rowOf(rows, candidate), coefficients),
        weights: adaptiveWeights(coefficients, rows, lists),
      };
    },
    chances: (shown: Int32Array) => propensities({ rows, pool, draw, features, means, share, penalties, shown }),
  };
}
