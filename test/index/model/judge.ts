import { INDICES, type ModelFilter, type ModelItem, passes, scoreOf } from "./items.ts";

export interface Found {
  itemId: string;
  score: number;
}

export interface Asked {
  index: string;
  vector: Float32Array;
  k: number;
  filter: ModelFilter;
  minScore?: number | undefined;
}

/** float32 sums differ from float64 ones by less than this where values are not whole numbers. */
const TOLERANCE = 2e-6;

/** Everything that may be found, best first; equal scores by id. */
export function expected(items: Iterable<ModelItem>, { index, vector, filter }: Asked): Found[] {
  const shape = INDICES.find((one) => one.index === index);
  if (!shape) throw new RangeError(`expected an index of the test, got ${index}`);
  const found: Found[] = [];
  for (const item of items) {
    const stored = item.vectors.get(shape.model);
    if (!stored || !passes(item, filter)) continue;
    // + 0: there is no negative zero in an answer that is compared to the last bit.
    found.push({ itemId: item.itemId, score: scoreOf(shape.metric, vector, stored) + 0 });
  }
  return found.sort(inOrder);
}

function inOrder(a: Found, b: Found): number {
  return b.score - a.score || (a.itemId < b.itemId ? -1 : 1);
}

/**
 * What is wrong with an answer; undefined: nothing. `whole`: everything that belongs into it has to be there, as in an
 * exact search; otherwise what is there has to be right.
 */
export function wrong(all: readonly Found[], answer: readonly Found[], asked: Asked, whole = true): string | undefined {
  const tolerance = asked.index === "clip_fashion" ? TOLERANCE : 0;
  const { k, minScore = Number.NEGATIVE_INFINITY } = asked;
  const scores = new Map(all.map(({ itemId, score }) => [itemId, score]));
  const seen = new Set<string>();
  for (const [at, { itemId, score }] of answer.entries()) {
    const right = scores.get(itemId);
    if (right === undefined) return `${itemId} at place ${at} must not be found`;
    if (seen.has(itemId)) return `${itemId} is there twice`;
    seen.add(itemId);
    if (!(Math.abs(score - right) <= tolerance)) return `${itemId} has score ${score}, expected ${right}`;
    if (score < minScore) return `${itemId} has score ${score}, below ${minScore}`;
    const before = answer[at - 1];
    if (before && inOrder(before, { itemId, score }) > 0) return `${itemId} at place ${at} is not in order`;
  }
  if (answer.length > k) return `${answer.length} were found, ${k} asked for`;
  if (!whole) return undefined;
  const last = answer.length === k ? answer.at(-1)!.score : Number.NEGATIVE_INFINITY;
  const missing = all.find(({ itemId, score }) => score > Math.max(last, minScore) + tolerance && !seen.has(itemId));
  if (missing) return `${missing.itemId} with score ${missing.score} is missing`;
  // Equal scores at the end: the smaller ids.
  if (tolerance > 0) return undefined;
  const best = all.filter(({ score }) => score >= minScore).slice(0, k);
  const other = best.findIndex(({ itemId }, at) => answer[at]?.itemId !== itemId);
  return other < 0 ? undefined : `expected ${best[other]!.itemId} at place ${other}, got ${answer[other]?.itemId}`;
}

/** Share of the best k that an answer holds, 0 to 1; equally near ones are equally good. */
export function recallOf(all: readonly Found[], answer: readonly Found[], asked: Asked): number {
  const { k, minScore = Number.NEGATIVE_INFINITY } = asked;
  const best = all.filter(({ score }) => score >= minScore).slice(0, k);
  const last = best.at(-1);
  if (!last) return 1;
  const tolerance = asked.index === "clip_fashion" ? TOLERANCE : 0;
  return Math.min(1, answer.filter(({ score }) => score >= last.score - tolerance).length / best.length);
}
