import { integers } from "./columns.ts";
/**
 * Candidates by score, best first, equal ones as they stood: a merge sort from the bottom up, which calls no function for each
 * comparison as Array.prototype.sort does.
 *
 * @param scores by candidate; no NaN.
 */
export function sortedByScore(candidates: Int32Array, scores: Float64Array): Int32Array {
  const n = candidates.length;
  let from = integers(n);
  from.set(candidates);
  let to = integers(n);
  for (let width = 1; width < n; width *= 2) {
    for (let start = 0; start < n; start += 2 * width) {
      merge(from, to, scores, start, Math.min(start + width, n), Math.min(start + 2 * width, n));
    }
    [from, to] = [to, from];
  }
  return from;
}

/** Merges [start, middle) with [middle, end), both sorted. */
function merge(from: Int32Array, to: Int32Array, scores: Float64Array, start: number, middle: number, end: number) {
  let [a, b] = [start, middle];
  for (let at = start; at < end; at++) {
    const first =
      b >= end || (a < middle && (scores[from[a] as number] as number) >= (scores[from[b] as number] as number));
    to[at] = from[first ? a++ : b++] as number;
  }
}
