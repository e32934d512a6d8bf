import { setImmediate as nextTurn } from "node:timers/promises";
import type { Neighbour, VectorMetric } from "../vectors/types.ts";
import { similarity } from "./similarity.ts";

/** How long the event loop is kept before others get their turn. */
const TURN_MS = 4;

export interface DiversifyOptions {
  /** 1: only nearness counts; 0: only difference. */
  lambda: number;
  /** How many to choose. */
  k: number;
  metric: VectorMetric;
  signal?: AbortSignal;
  /** Default `performance.now`. */
  nowMs?: () => number;
}

/**
 * Choose by maximal marginal relevance: each next one has the highest λ × score − (1 − λ) × similarity to the nearest of
 * those chosen before. The first is the nearest. Equal values: the one that stood before.
 *
 * Source: Carbonell and Goldstein, "The use of MMR, diversity-based reranking for reordering documents and producing
 * summaries", SIGIR 1998. O(pool × k) comparisons of vectors.
 *
 * @param pool Neighbours, best first, with their vectors.
 */
export async function diversify<T extends Neighbour & { vector: Float32Array }>(
  pool: readonly T[],
  { lambda, k, metric, signal, nowMs = () => performance.now() }: DiversifyOptions,
): Promise<T[]> {
  const left = pool.map((neighbour) => ({ neighbour, closest: Number.NEGATIVE_INFINITY }));
  const chosen: T[] = [];
  let turnBegan = nowMs();
  while (chosen.length < k && left.length > 0) {
    const before = chosen.at(-1);
    let best = 0;
    let bestValue = Number.NEGATIVE_INFINITY;
    for (const [at, one] of left.entries()) {
      const { vector, score } = one.neighbour;
      if (before) one.closest = Math.max(one.closest, similarity(metric, vector, before.vector));
      const value = before ? lambda * score - (1 - lambda) * one.closest : score;
      if (value > bestValue) {
        bestValue = value;
        best = at;
      }
    }
    chosen.push(left.splice(best, 1)[0]!.neighbour);
    if (nowMs() - turnBegan < TURN_MS) continue;
    await nextTurn();
    signal?.throwIfAborted();
    turnBegan = nowMs();
  }
  return chosen;
}
