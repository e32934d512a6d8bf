import type { Calibrated } from "./calibration.ts";
import { ITEM_FEATURES, ITEM_PARTS } from "./layout.ts";
import { MODELS } from "./rank-types.ts";

/** Shares that sum to 1, in these proportions; negative ones count nothing, and equal ones if none counts. */
export function normalised(raw: ReadonlyMap<string, number>): Map<string, number> {
  const positive = [...raw].map(([model, value]) => [model, value > 0 && Number.isFinite(value) ? value : 0] as const);
  const sum = positive.reduce((total, [, value]) => total + value, 0);
  return new Map(positive.map(([model, value]) => [model, sum > 0 ? value / sum : 1 / positive.length]));
}

/**
 * The share of each model in a list that coefficients ordered: its own similarity's coefficient in this query's context, and an equal
 * part of reciprocal rank fusion's.
 */
export function adaptiveWeights(
  coefficients: Float64Array,
  rows: Float64Array,
  lists: readonly Calibrated[],
): Map<string, number> {
  const rrf = Math.max(0, coefficients[ITEM_FEATURES.indexOf("fusion.rrf")] ?? 0) / Math.max(1, lists.length);
  return normalised(
    new Map(
      lists.map(({ model }) => {
        const known = (MODELS as readonly string[]).includes(model);
        return [model, rrf + (known ? Math.max(0, inContext(model, coefficients, rows)) : 0)];
      }),
    ),
  );
}

/** Contribution by unit of similarity: the same for every candidate, so it is read off the one with the largest. */
function inContext(model: string, coefficients: Float64Array, rows: Float64Array): number {
  const features = ITEM_PARTS.find(({ name }) => name === `similarity.${model}`)?.features ?? [];
  const own = features[0] ?? 0;
  let largest = -1;
  for (let row = 0; row < rows.length; row += ITEM_FEATURES.length) {
    if (largest < 0 || Math.abs(rows[row + own] ?? 0) > Math.abs(rows[largest + own] ?? 0)) largest = row;
  }
  const value = largest < 0 ? 0 : (rows[largest + own] ?? 0);
  if (value === 0) return 0;
  return features.reduce((sum, f) => sum + (coefficients[f] ?? 0) * (rows[largest + f] ?? 0), 0) / value;
}
