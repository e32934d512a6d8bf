import type { AnnMetric } from "./ann.ts";

/** Vectors for the suite: clusters in a space, as embeddings have them. All from the seed. */
export interface SuiteData {
  dimensions: number;
  count: number;
  vectors: Float32Array;
  queries: Float32Array;
  rows(first: number, count: number): Float32Array;
}

export function suiteData({ seed = 1, dimensions = 32, count = 3_000, queries = 40 } = {}): SuiteData {
  const random = xorshift(seed);
  const centres = Array.from({ length: 50 }, () => Array.from({ length: dimensions }, () => random() - 0.5));
  const draw = (rows: number) => {
    const made = new Float32Array(rows * dimensions);
    for (let row = 0; row < rows; row++) {
      const centre = centres[Math.floor(random() * centres.length)]!;
      const values = centre.map((value) => value + (random() + random() - 1) * 0.6);
      const length = Math.hypot(...values);
      made.set(
        values.map((value) => value / length),
        row * dimensions,
      );
    }
    return made;
  };
  const vectors = draw(count);
  return {
    dimensions,
    count,
    vectors,
    queries: draw(queries),
    rows: (first, size) => vectors.subarray(first * dimensions, (first + size) * dimensions),
  };
}

/** The k best rows for each query by comparing all, in float64. */
export function exact({ dimensions, count, vectors, queries }: SuiteData, metric: AnnMetric, k: number) {
  return Array.from({ length: queries.length / dimensions }, (_, query) => {
    const scored = Array.from({ length: count }, (_, row) => {
      let score = 0;
      for (let i = 0; i < dimensions; i++) {
        const a = queries[query * dimensions + i]!;
        const b = vectors[row * dimensions + i]!;
        score += metric === "ip" ? a * b : -((a - b) ** 2);
      }
      return { row, score };
    });
    return scored.sort((a, b) => b.score - a.score || a.row - b.row).slice(0, k);
  });
}

/** Whether the first query's scores are those of the rows that they stand beside, to a millionth. */
export function scoresAreExact(
  found: { labels: Int32Array; scores: Float32Array },
  data: SuiteData,
  metric: AnnMetric,
) {
  const [all] = exact({ ...data, queries: data.queries.subarray(0, data.dimensions) }, metric, data.count);
  const right = new Map(all!.map(({ row, score }) => [row, score]));
  return [...found.labels.subarray(0, 10)].every((row, at) => Math.abs(found.scores[at]! - right.get(row)!) < 1e-6);
}

/** Share of the exact k that are among the labels, over all queries. */
export function recall(labels: Int32Array, truth: readonly { row: number }[][]): number {
  const k = labels.length / truth.length;
  let hits = 0;
  for (const [query, best] of truth.entries()) {
    const found = new Set(labels.subarray(query * k, (query + 1) * k));
    for (const { row } of best) if (found.has(row)) hits++;
  }
  return hits / (truth.length * truth[0]!.length);
}

function xorshift(seed: number): () => number {
  let state = seed | 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}
