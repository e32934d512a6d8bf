import type { RankPart } from "../ranking/rank-types.ts";
import { FEATURES, FIRST_TASTE_FEATURE } from "./layout.ts";

/** θ·φ, summed up in the order of the layout. */
export function scoreOf(features: Float32Array, coefficients: Float64Array): number {
  return dot(features, coefficients, features.length);
}

/** The summands of `scoreOf`, those that are 0 left out: they sum to the score, to the bit. */
export function partsOf(features: Float32Array, coefficients: Float64Array): RankPart[] {
  return FEATURES.flatMap((name, i) => {
    const value = features[i] ?? 0;
    const contribution = value * (coefficients[i] ?? 0);
    return contribution === 0 ? [] : [{ name, value, contribution }];
  });
}

/** Where the scale of `compatibilityOf` has its middle: the prior's score of garments that go together neither well nor badly. */
const MIDDLE = 3.6;

/** How well garments go together, whoever wears them: logistic(θ·φ without the features of taste − 3.6), 0 to 1. */
export function compatibilityOf(features: Float32Array, coefficients: Float64Array): number {
  return 1 / (1 + Math.exp(MIDDLE - dot(features, coefficients, FIRST_TASTE_FEATURE)));
}

function dot(features: Float32Array, coefficients: Float64Array, end: number): number {
  let sum = 0;
  for (let i = 0; i < end; i++) sum += (features[i] ?? 0) * (coefficients[i] ?? 0);
  return sum;
}
