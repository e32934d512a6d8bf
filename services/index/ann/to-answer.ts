import type { AnnAnswer, AnnMetric } from "./ann.ts";

/** What FAISS found, `[queries, width]`, as an answer of `k` a query: higher is better, and -1 where nothing is. */
export function toAnswer({
  labels: found,
  distances,
  queries,
  width,
  k,
  metric,
}: {
  labels: Int32Array;
  distances: Float32Array;
  queries: number;
  width: number;
  k: number;
  metric: AnnMetric;
}): AnnAnswer {
  const labels = new Int32Array(queries * k).fill(-1);
  const scores = new Float32Array(queries * k).fill(Number.NEGATIVE_INFINITY);
  for (let query = 0; query < queries; query++) {
    for (let rank = 0; rank < width; rank++) {
      const label = found[query * width + rank]!;
      if (label < 0) continue;
      labels[query * k + rank] = label;
      scores[query * k + rank] = toScore(distances[query * width + rank]!, metric);
    }
  }
  return { labels, scores };
}

export function toScore(distance: number, metric: AnnMetric): number {
  return metric === "ip" ? distance : 0 - distance; // -distance could be -0
}
