import type { Gaussian } from "../ranking/rank-types.ts";
import { DIMENSIONS, FEATURES } from "./layout.ts";

/**
 * What is believed of everybody before anybody answered: colours should harmonise, dress code and warmth should agree, and
 * of equal outfits a person's own taste decides. What only data can tell begins at 0. The spreads say how readily each is
 * learned; those of the directions are small because there are many.
 */
const BELIEFS: readonly (readonly [prefix: string, mean: number, standardDeviation: number])[] = [
  ["colour.harmony", 2, 0.7],
  ["colour.neutral", 0.3, 0.5],
  ["formality", 1.5, 0.7],
  ["warmth", 1.5, 0.7],
  ["has.", 0, 0.3],
  ["colour.contrast.", 0.1, 0.7],
  ["colour.hue.", 0, 0.7],
  ["tags", 0.5, 0.5],
  ["likeness.", 0, 0.5],
  ["direction.", 0, 0.25],
  ["taste.answered", 1, 0.5],
  ["taste.", 0.5, 0.5],
  ["popularity", 0.2, 0.3],
  ["owned", 0, 0.3],
];

export const PRIOR: Gaussian = priorOf(FEATURES);

function priorOf(names: readonly string[]): Gaussian {
  const mean = new Float64Array(names.length);
  const covariance = new Float64Array(names.length ** 2);
  names.forEach((name, i) => {
    const belief = BELIEFS.find(([prefix]) => name.startsWith(prefix));
    if (belief === undefined) throw new RangeError(`expected a prior belief for every feature, got none for ${name}`);
    mean[i] = belief[1];
    covariance[i * names.length + i] = belief[2] ** 2;
  });
  return { mean, covariance };
}

/** True if a Gaussian is one over the coefficients of this layout. */
export function fitsLayout({ mean, covariance }: Gaussian): boolean {
  return mean.length === DIMENSIONS && covariance.length === DIMENSIONS ** 2;
}
