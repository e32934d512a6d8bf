import { fromLowerHalf } from "./numbers.ts";
import itemPrior from "./priors/item-1.json" with { type: "json" };
import outfitPrior from "./priors/outfit-1.json" with { type: "json" };
import policies from "./priors/policies.json" with { type: "json" };
import type { CommonState, GaussianBelief, Priors } from "./state.ts";

/** A prior as its file has it. */
interface PriorFile {
  layout: string;
  /** Names of the features, in order. */
  features: string[];
  /** Model to the features whose coefficients are its share in the fusion. */
  modelFeatures: Record<string, string[]>;
  mean: number[];
  /** The lower half, row by row. */
  covariance: number[];
}

/** One file a layout; a layout without one is not learned. */
const FILES: readonly PriorFile[] = [itemPrior, outfitPrior];

function readPrior({ layout, features, mean, covariance }: PriorFile): [string, GaussianBelief] {
  if (mean.length !== features.length) {
    throw new RangeError(`expected ${features.length} means in the prior of ${layout}, got ${mean.length}`);
  }
  return [
    layout,
    { mean: Float64Array.from(mean), covariance: fromLowerHalf(Float64Array.from(covariance), mean.length) },
  ];
}

/** How "item/1" and `convex` were made, in words. */
export const DEFAULTS_MADE = { prior: itemPrior.made, convex: policies.made };

/** What people start with where nothing was learned yet; eval/fusion/make-prior.ts and eval/outfits/make-prior.ts make them. */
export const DEFAULT_PRIORS: Priors = Object.fromEntries(FILES.map(readPrior));

/** The places of the features that make up each model's share. */
export const MODEL_FEATURES = FILES.flatMap(({ layout, features, modelFeatures }) =>
  Object.entries(modelFeatures).map(([model, names]) => ({
    model,
    layout,
    features: names.map((name) => features.indexOf(name)),
  })),
);

/** Model to share in the policy `convex`. */
export const CONVEX_WEIGHTS: Readonly<Record<string, number>> = policies.convex;

/** Before the first entry of the log. */
export function initialCommon(priors: Priors = DEFAULT_PRIORS): CommonState {
  return { seq: 0n, priors, moving: {}, lessons: 0, policies: {} };
}
