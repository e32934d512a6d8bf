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

/**
 * Puts scores, best first, and beside them those whose scores they are in order, equal ones as they stood: by insertion, which is quickest
 * where nearly everybody stands in order already.
 */
export function sortTogether(scores: Float64Array, candidates: Int32Array): void {
  for (let i = 1; i < scores.length; i++) {
    const score = scores[i] as number;
    let before = scores[i - 1] as number;
    if (before >= score) continue;
    const candidate = candidates[i] as number;
    let at = i;
    do {
      scores[at] = before;
      candidates[at] = candidates[at - 1] as number;
      at--;
      before = at > 0 ? (scores[at - 1] as number) : Number.POSITIVE_INFINITY;
    } while (before < score);
    scores[at] = score;
    candidates[at] = candidate;
  }
}
