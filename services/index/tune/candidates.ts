import type { AnnParams } from "../ann/ann.ts";
import { graphMetric } from "../vectors/metrics.ts";
import type { VectorMetric } from "../vectors/types.ts";

/** Values that each dimension of a rotated vector keeps at least. */
const LEAST_PCA = 64;

export interface Shape {
  vectors: number;
  dimensions: number;
  metric: VectorMetric;
}

/** Graphs that are known to do well, in FAISS's words. Their answers are ranked by exact scores, so none keeps vectors for that. */
export function candidateFactories({ vectors, dimensions, metric }: Shape): string[] {
  const cells = 2 ** Math.round(Math.log2(4 * Math.sqrt(vectors)));
  const rotated = Math.ceil(dimensions / 4 / 8) * 8;
  return [
    ...["HNSW16,Flat", "HNSW32,Flat", "HNSW32,SQ8"],
    // A rotation that takes the mean away keeps distances, not products.
    ...(graphMetric(metric) === "l2" && rotated >= LEAST_PCA ? [`PCA${rotated},HNSW32,SQ8`] : []),
    // Fewer vectors a cell than FAISS wants for learning them would only be warned about.
    ...(vectors >= 40 * cells ? [`IVF${cells},Flat`, `IVF${cells},SQ8`] : []),
  ];
}

/** Parameters to try with a graph, from fast to thorough. */
export function paramsToTry(factory: string, vectors: number): AnnParams[] {
  const cells = /IVF(\d+)/.exec(factory)?.[1];
  if (/HNSW/.test(factory) && !cells) return [16, 32, 64, 128, 256, 512].map((efSearch) => ({ efSearch }));
  if (!cells) return [{}];
  const most = Math.min(Number(cells), vectors);
  const probes: AnnParams[] = [];
  for (let nprobe = 1; nprobe < most && nprobe <= 1024; nprobe *= 2) probes.push({ nprobe });
  return probes;
}
