import type { Calibrated } from "./calibration.ts";
import { ITEM_PARTS } from "./layout.ts";
import type { RankPart } from "./rank-types.ts";
import { RRF_K, reciprocalRank } from "./reciprocal-rank.ts";

/** "rank.<model>": 1/(60 + rank), counted as reciprocal-rank.ts does. */
export function baselineParts(lists: readonly Calibrated[], candidate: number): RankPart[] {
  return lists.flatMap(({ model, ranks }) => {
    const rank = ranks[candidate] as number;
    if (rank === 0) return [];
    return [{ name: `rank.${model}`, value: 1 / (RRF_K + rank), contribution: reciprocalRank(rank, lists.length) }];
  });
}

/** "similarity.<model>": the calibrated cosine times the model's share. */
export function convexParts(
  lists: readonly Calibrated[],
  weights: ReadonlyMap<string, number>,
  candidate: number,
): RankPart[] {
  return lists.map(({ model, values }) => {
    const value = values[candidate] as number;
    return { name: `similarity.${model}`, value, contribution: (weights.get(model) ?? 0) * value };
  });
}

/** The parts of layout.ts that are not zero; a similarity's contribution includes what it is multiplied with. */
export function adaptiveParts(row: Float64Array, coefficients: Float64Array): RankPart[] {
  const parts: RankPart[] = [];
  for (const { name, features } of ITEM_PARTS) {
    let contribution = 0;
    for (const f of features) contribution += (coefficients[f] as number) * (row[f] as number);
    const value = row[features[0] as number] as number;
    if (value !== 0) parts.push({ name, value, contribution });
  }
  return parts;
}

/** With diversity λ everything counts (1 − λ) times, and "diversity" is what it lost for being like those before it. */
export function finish(parts: RankPart[], diversity: number, penalty: number): RankPart[] {
  if (diversity === 0) return parts;
  const scaled = parts.map((part) => ({ ...part, contribution: (1 - diversity) * part.contribution }));
  return penalty === 0
    ? scaled
    : [...scaled, { name: "diversity", value: penalty / diversity, contribution: -penalty }];
}
