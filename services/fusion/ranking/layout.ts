import { MODELS } from "./rank-types.ts";

/** The name of the features below, in this order. Any change of them is a new name. */
export const ITEM_LAYOUT = "item/1";

/** The part of a score that a feature belongs to, and the features whose contributions are added to it. */
interface Part {
  name: string;
  /** The first one's value is the part's value. */
  features: readonly string[];
}

const PARTS: readonly Part[] = [
  { name: "fusion.rrf", features: ["fusion.rrf"] },
  ...MODELS.map((model) => ({
    name: `similarity.${model}`,
    features: [
      `similarity.${model}`,
      `similarity.${model}×text`,
      `similarity.${model}×agreement`,
      `similarity.${model}×peak`,
      `similarity.${model}×history`,
    ],
  })),
  ...["match.category", "match.colour"].map((name) => ({ name, features: [name] })),
  ...MODELS.map((model) => ({ name: `taste.${model}`, features: [`taste.${model}`] })),
  ...["affinity.category", "affinity.colour", "popularity", "owned", "answered"].map((name) => ({
    name,
    features: [name],
  })),
];

/**
 * The features of "item/1":
 * - `fusion.rrf`: reciprocal rank fusion, k = 60, times 61 over the number of models: 1 is first in every list;
 * - `similarity.m`: the calibrated cosine of model m (calibration.ts), and the same times a fact of the query: 1 for a
 *   sentence, agreement of the models − ½, how far the best stands out (peak / 4 − ½), and n / (n + 10) for n events;
 * - `match.category`, `match.colour`: 1 for the same as what was asked with;
 * - `taste.m`: how the item lies to what the person answered to, in model m's space (taste-vectors.ts);
 * - `affinity.category`, `affinity.colour`: −1 to 1 as Profile has them;
 * - `popularity` 0 to 1; `owned` 1 for an own garment; `answered`: the person's own answer to this very item, −1 to 1.
 */
export const ITEM_FEATURES: readonly string[] = PARTS.flatMap(({ features }) => features);

/** The parts of a score, with the places of their features. */
export const ITEM_PARTS = PARTS.map(({ name, features }) => ({
  name,
  features: features.map((feature) => ITEM_FEATURES.indexOf(feature)),
}));
