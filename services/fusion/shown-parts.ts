import type { RankPart } from "./ranking/rank-types.ts";

/** Parts are given to so many: the features that are kept to learn from, float32, hold no more. */
const DECIMALS = 1e6;

/**
 * The parts of a score as they are answered: values and contributions to six decimals. Each contribution is the step from
 * one rounded partial sum to the next, so that together they are still the score, to six decimals, however many there are.
 */
export function shownParts(parts: readonly RankPart[]): RankPart[] {
  let sum = 0;
  let shown = 0;
  return parts.map(({ name, value, contribution }) => {
    sum += contribution;
    const next = Math.round(sum * DECIMALS);
    const step = next - shown;
    shown = next;
    return { name, value: rounded(value), contribution: step / DECIMALS };
  });
}

function rounded(value: number): number {
  return Math.round(value * DECIMALS) / DECIMALS;
}
