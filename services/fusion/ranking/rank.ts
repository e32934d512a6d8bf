import { type Calibrated, calibrate } from "./calibration.ts";
import { itemFeatures } from "./features.ts";
import { gaussianDraws } from "./gaussian.ts";
import { ITEM_FEATURES, ITEM_LAYOUT } from "./layout.ts";
import { likenessOf } from "./likeness.ts";
import { type OrderOptions, orderBest } from "./order.ts";
import { adaptiveParts, baselineParts, convexParts, finish } from "./parts.ts";
import { addRows, DRAWS, EXPECTED_PLACES, propensities, scorePool } from "./propensities.ts";
import type { Gaussian, PolicyName, RankCommon, RankInput, RankOutput, RankPart, RankPerson } from "./rank-types.ts";
import { reciprocalRanks } from "./reciprocal-rank.ts";
import { adaptiveWeights, normalised } from "./weights.ts";

export * from "./rank-types.ts";

/**
 * How far Thompson sampling draws from what is believed, in standard deviations: below 1 it explores less than the belief
 * would have it (Chapelle and Li 2011, section 3, found that to pay off). A guess, not chosen by a measurement.
 */
export const EXPLORATION = 0.25;

/** Places that a draw can fill are looked for among so many candidates at least. */
const LEAST_POOL = 40;
/** Propensities are kept for so many places; nobody sees more. */
const MOST_PLACES = 100;

/** What one policy makes of the candidates. */
interface Scored {
  scores: Float64Array;
  parts(candidate: number): RankPart[];
  weights: Map<string, number>;
}

/**
 * Ranks candidates under a policy. Pure: the same input and random numbers give the same answer, in whatever order the
 * candidates come. With `adaptive`, coefficients are drawn once for the whole list (Thompson sampling).
 */
export function rank(input: RankInput): RankOutput {
  const candidates = [...input.candidates].sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
  const { context, person, taste, common, k, diversity, random } = input;
  const lists = [...input.models].sort().map((model) => calibrate(candidates, model));
  const rows = itemFeatures({ candidates, lists, context, person, taste, common });
  const belief = beliefOf(person, common);
  const policy = common && (belief || input.policy !== "adaptive") ? input.policy : "baseline";
  const everything = Int32Array.from(candidates.keys());
  const options: OrderOptions = { k, diversity, likeness: likenessOf(candidates) };
  const draw = belief && gaussianDraws(belief, EXPLORATION, random);

  const fixed: Partial<Record<PolicyName, Scored>> = { baseline: scoreBaseline(lists, candidates.length) };
  if (common) fixed.convex = scoreConvex(lists, candidates.length, common.convexWeights);
  const ranking = fixed[policy] ?? scoreDrawn(rows, everything, draw!, lists);
  const { places, penalties } = orderBest(ranking.scores, everything, options);

  const chances = new Map<PolicyName, Float64Array>();
  const expectedFeatures = new Map<PolicyName, Float32Array>();
  for (const [name, { scores }] of Object.entries(fixed) as [PolicyName, Scored][]) {
    const own = name === policy ? places : orderBest(scores, everything, options).places;
    chances.set(
      name,
      Float64Array.from(places, (candidate, place) => (own[place] === candidate ? 1 : 0)),
    );
    const sums = new Float64Array(Math.min(EXPECTED_PLACES, own.length) * ITEM_FEATURES.length);
    addRows(rows, own, sums, ITEM_FEATURES.length);
    expectedFeatures.set(name, Float32Array.from(sums));
  }
  if (belief && draw && places.length > 0) {
    const shown = places.subarray(0, MOST_PLACES);
    const within = { ...options, k: shown.length };
    const pool = likelyPool(rows, everything, belief, shown);
    const drawn = propensities({ rows, pool, draw, features: ITEM_FEATURES.length, shown, options: within });
    // Of places that nobody sees nothing is counted: pure chance.
    const beyond = 1 / (candidates.length * (DRAWS + 1));
    chances.set(
      "adaptive",
      Float64Array.from(places, (_, place) => drawn.propensities[place] ?? beyond),
    );
    expectedFeatures.set("adaptive", drawn.expected);
  }

  const items = Array.from(places, (candidate, place) => {
    const parts = finish(ranking.parts(candidate), diversity, penalties[place] as number);
    const others = [...chances].filter(([name]) => name !== policy);
    return {
      id: candidates[candidate]!.id,
      score: parts.reduce((sum, { contribution }) => sum + contribution, 0),
      propensity: chances.get(policy)?.[place] ?? 1,
      otherPropensities: new Map(others.map(([name, values]) => [name, values[place] ?? 0])),
      features: Float32Array.from(rowOf(rows, candidate)),
      parts,
    };
  });
  return { items, weights: ranking.weights, policy, layout: ITEM_LAYOUT, expectedFeatures };
}

function rowOf(rows: Float64Array, candidate: number): Float64Array {
  return rows.subarray(candidate * ITEM_FEATURES.length, (candidate + 1) * ITEM_FEATURES.length);
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
  const scores = new Float64Array(count);
  for (const { model, values } of lists) {
    const weight = weights.get(model) ?? 0;
    for (let i = 0; i < count; i++) scores[i] = (scores[i] as number) + weight * (values[i] as number);
  }
  return { scores, parts: (candidate) => convexParts(lists, weights, candidate), weights };
}

function scoreDrawn(
  rows: Float64Array,
  everything: Int32Array,
  draw: (into: Float64Array) => void,
  lists: readonly Calibrated[],
): Scored {
  const coefficients = new Float64Array(ITEM_FEATURES.length);
  draw(coefficients);
  const scores = new Float64Array(everything.length);
  scorePool(rows, everything, coefficients, scores);
  return {
    scores,
    parts: (candidate) => adaptiveParts(rowOf(rows, candidate), coefficients),
    weights: adaptiveWeights(coefficients, rows, lists),
  };
}

/** The candidates that a draw may put at one of the places: the best by what is believed on average, and those shown. */
function likelyPool(rows: Float64Array, everything: Int32Array, { mean }: Gaussian, shown: Int32Array): Int32Array {
  const scores = new Float64Array(everything.length);
  scorePool(rows, everything, mean, scores);
  const k = Math.max(LEAST_POOL, 3 * shown.length);
  const { places } = orderBest(scores, everything, { k, diversity: 0, likeness: () => 0 });
  const known = new Set(places);
  return Int32Array.from([...places, ...shown.filter((candidate) => !known.has(candidate))]);
}
