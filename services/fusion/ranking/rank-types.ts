/** The models that have places of their own in the features; others count in reciprocal rank fusion only. */
export const MODELS = ["clip", "blip", "fashion"] as const;

/** What is asked with. "home": with nothing; "rerank": the candidates were found elsewhere. */
export type QueryKind = "photo" | "text" | "item" | "home" | "rerank";

/** A garment that may be shown. */
export interface Candidate {
  id: string;
  /** Cosine to the query, −1 to 1, by model; of a model that did not find it there is none, or one that is not finite. */
  cosines: Pick<ReadonlyMap<string, number>, "get">;
  /** Empty: not known. */
  category: string;
  colour: string;
  owned: boolean;
  /** Unit vectors by model, as far as they are at hand; without them no affinity in that model's space. */
  vectors?: ReadonlyMap<string, Float32Array>;
}

export interface RankContext {
  kind: QueryKind;
  /** Of the photo or the garment asked for; empty: not known. */
  category: string;
  colour: string;
}

/** A Gaussian over coefficients: d means and d × d covariance, row by row. */
export interface Gaussian {
  mean: Float64Array;
  covariance: Float64Array;
}

/** The direction in one model's space that a person's answers point to; made by `tasteVectors`. */
export type TasteVectors = ReadonlyMap<string, Float32Array>;

/** What is known of the person who asks; made of `Profile` by `personOf`. */
export interface RankPerson {
  eventCount: number;
  /** By layout; a layout that is absent is the common prior's. */
  beliefs: ReadonlyMap<string, Gaussian>;
  categoryAffinity: ReadonlyMap<string, number>;
  colourAffinity: ReadonlyMap<string, number>;
  /** Item to weight, positive for liked. */
  itemWeights: ReadonlyMap<string, number>;
}

/** What was learned of everybody; made of `CommonLearning` by `commonOf`. */
export interface RankCommon {
  priors: ReadonlyMap<string, Gaussian>;
  /** Model to share in `convex`. */
  convexWeights: ReadonlyMap<string, number>;
  /** Item to 0 … 1. */
  popularity: ReadonlyMap<string, number>;
}

export type PolicyName = "baseline" | "convex" | "adaptive";

export interface RankInput {
  /** In any order; ids are unique. */
  candidates: readonly Candidate[];
  /** The models that were asked, also those that found nothing. */
  models: readonly string[];
  context: RankContext;
  /** Absent: nobody in particular, or nothing is known. */
  person?: RankPerson;
  /** The person's taste in the space of each model; absent: no affinity features. */
  taste?: TasteVectors;
  /** Absent (Feedback never answered): every policy ranks as `baseline`, and `policy` of the output says so. */
  common?: RankCommon;
  policy: PolicyName;
  /** How many are shown. */
  k: number;
  /** 0 … 1, maximal marginal relevance. */
  diversity: number;
  /** Uniform in [0, 1): what Thompson sampling draws from. */
  random: () => number;
}

/** One summand of a score; `value × coefficient` is its contribution. */
export interface RankPart {
  /** "similarity.clip", "taste.fashion", "fusion.rrf", "popularity", "diversity", … */
  name: string;
  value: number;
  contribution: number;
}

export interface RankedItem {
  id: string;
  /** Orders the list: never rises from place to place. */
  score: number;
  /** Of this item at this place under the policy that ranked, in (0, 1]. */
  propensity: number;
}

export interface RankOutput {
  /** Best first. */
  items: RankedItem[];
  /** By place, one place after the other: under `layout`. */
  features: Float32Array;
  /** Policy other than the one that ranked to the propensity under it, 0 … 1, by place. */
  otherPropensities: Map<PolicyName, Float64Array>;
  /** What the score of the item at this place, from 0, is made of: parts that sum to it. Made when it is asked for. */
  partsOf(place: number): RankPart[];
  /** Model to its share in what ordered this list; they sum to 1. */
  weights: Map<string, number>;
  /** That ranked in fact. */
  policy: PolicyName;
  layout: string;
  /** Policy to the mean features of what it would show, place by place, of the first ten: Recommendation.expected_features. */
  expectedFeatures: Map<PolicyName, Float32Array>;
}
