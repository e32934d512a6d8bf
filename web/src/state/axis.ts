/** Where the bars of one answer begin and end. */
export interface Axis {
  from: -1 | 0;
  to: 1;
}

/** The cosines' own range, -1 to 1, if one of them is negative; else 0 to 1, where differences are seen better. */
export function axisFor(scores: Iterable<number>): Axis {
  return { from: [...scores].some((score) => score < 0) ? -1 : 0, to: 1 };
}

/** The bar of one score in percent of the axis: from zero to the score. */
export function barOn({ from, to }: Axis, score: number): { start: number; length: number } {
  const at = (value: number) => ((Math.min(Math.max(value, from), to) - from) / (to - from)) * 100;
  const [low, high] = [Math.min(at(0), at(score)), Math.max(at(0), at(score))];
  return { start: low, length: high - low };
}
