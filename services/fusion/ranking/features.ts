import { agreementOf, type Calibrated } from "./calibration.ts";
import { doubles } from "./columns.ts";
import { ITEM_FEATURES } from "./layout.ts";
import {
  type Candidate,
  MODELS,
  type RankCommon,
  type RankContext,
  type RankPerson,
  type TasteVectors,
} from "./rank-types.ts";
import { reciprocalRanks } from "./reciprocal-rank.ts";
import { tasteProducts } from "./taste-products.ts";

export interface FeatureInput {
  candidates: readonly Candidate[];
  /** One a model that was asked. */
  lists: readonly Calibrated[];
  context: RankContext;
  person: RankPerson | undefined;
  taste: TasteVectors | undefined;
  common: RankCommon | undefined;
}

const COUNT = ITEM_FEATURES.length;
const at = (name: string) => {
  const place = ITEM_FEATURES.indexOf(name);
  if (place < 0) throw new RangeError(`expected a feature of ${ITEM_FEATURES.join(", ")}, got ${name}`);
  return place;
};
const RRF = at("fusion.rrf");
const SIMILARITY = MODELS.map((model) => at(`similarity.${model}`));
const MATCH_CATEGORY = at("match.category");
const MATCH_COLOUR = at("match.colour");
const TASTE = MODELS.map((model) => at(`taste.${model}`));
const AFFINITY_CATEGORY = at("affinity.category");
const AFFINITY_COLOUR = at("affinity.colour");
const POPULARITY = at("popularity");
const OWNED = at("owned");
const ANSWERED = at("answered");

/** Cosines to taste are a fraction of 1: with this they vary about as much as the other features. */
const TASTE_SCALE = 4;

/** The features of all candidates, row by row (layout.ts says what each is). */
export function itemFeatures({ candidates, lists, context, person, taste, common }: FeatureInput): Float64Array {
  const rows = doubles(candidates.length * COUNT);
  const rrf = reciprocalRanks(lists, candidates.length);
  const facts = factsOf(lists, context, person);
  const byModel = MODELS.map((model) => lists.find((list) => list.model === model));
  for (let i = 0; i < candidates.length; i++) {
    const candidate = candidates[i] as Candidate;
    const row = i * COUNT;
    rows[row + RRF] = rrf[i] as number;
    for (let m = 0; m < MODELS.length; m++) {
      const list = byModel[m];
      if (list) {
        const value = list.values[i] as number;
        const first = row + (SIMILARITY[m] as number);
        rows[first] = value;
        rows[first + 1] = value * facts.text;
        rows[first + 2] = value * facts.agreement;
        rows[first + 3] = value * (list.peak / 4 - 0.5);
        rows[first + 4] = value * facts.history;
      }
    }
    rows[row + MATCH_CATEGORY] = same(candidate.category, context.category);
    rows[row + MATCH_COLOUR] = same(candidate.colour, context.colour);
    rows[row + AFFINITY_CATEGORY] = person?.categoryAffinity.get(candidate.category) ?? 0;
    rows[row + AFFINITY_COLOUR] = person?.colourAffinity.get(candidate.colour) ?? 0;
    rows[row + POPULARITY] = common?.popularity.get(candidate.id) ?? 0;
    rows[row + OWNED] = candidate.owned ? 1 : 0;
    rows[row + ANSWERED] = person?.itemWeights.get(candidate.id) ?? 0;
  }
  if (taste) tasteInto(rows, candidates, taste);
  return rows;
}

/** How the candidates lie to the person's taste in the spaces of the models. */
function tasteInto(rows: Float64Array, candidates: readonly Candidate[], taste: TasteVectors): void {
  const productsOf = tasteProducts(taste);
  for (let i = 0; i < candidates.length; i++) {
    const { vectors } = candidates[i] as Candidate;
    if (vectors === undefined) continue;
    const products = productsOf(vectors);
    for (let m = 0; m < MODELS.length; m++) {
      rows[i * COUNT + (TASTE[m] as number)] = TASTE_SCALE * (products[m] as number);
    }
  }
}

/** What the similarities are multiplied with. */
function factsOf(lists: readonly Calibrated[], { kind }: RankContext, person: RankPerson | undefined) {
  const events = person?.eventCount ?? 0;
  return { text: kind === "text" ? 1 : 0, agreement: agreementOf(lists) - 0.5, history: events / (events + 10) };
}

function same(a: string, b: string): number {
  return a !== "" && a === b ? 1 : 0;
}
