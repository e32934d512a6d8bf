import { hits, lowerBound } from "../recall/recall.ts";
import type { Neighbour } from "../vectors/types.ts";
import type { Measured } from "./propose.ts";

/** A stored vector as a query; its own item is left out of both lists. */
export interface TuneQuery {
  itemId: string;
  vector: Float32Array;
  /** The true nearest, without its own item. */
  exact: readonly Neighbour[];
}

/** `k` neighbours without the query's own item, out of `k + 1`. */
export function others(neighbours: readonly Neighbour[], itemId: string, k: number): Neighbour[] {
  return neighbours.filter((one) => one.itemId !== itemId).slice(0, k);
}

/** Search all queries, one after the other, and compare with the truth. */
export async function measure(
  queries: readonly TuneQuery[],
  k: number,
  search: (vector: Float32Array, k: number) => Promise<Neighbour[]>,
  nowMs: () => number,
): Promise<Pick<Measured, "recall" | "recallLow" | "meanMs" | "p95Ms">> {
  const times: number[] = [];
  let found = 0;
  let possible = 0;
  for (const { itemId, vector, exact } of queries) {
    const began = nowMs();
    const neighbours = await search(vector, k + 1);
    times.push(nowMs() - began);
    found += hits(others(neighbours, itemId, k), exact);
    possible += exact.length;
  }
  times.sort((a, b) => a - b);
  return {
    recall: possible > 0 ? found / possible : 1,
    recallLow: lowerBound(found, possible),
    meanMs: times.reduce((sum, ms) => sum + ms, 0) / times.length,
    p95Ms: times[Math.ceil(times.length * 0.95) - 1]!,
  };
}
