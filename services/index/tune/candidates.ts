import type { AnnParams } from "../ann/ann.ts";
import { graphMetric } from "../vectors/metrics.ts";
import type { VectorMetric } from "../vectors/types.ts";

/** Values that a rotated vector keeps at least. */
const LEAST_PCA = 64;
/** And of few vectors, of which exact scores of some are cheap. */
const LEAST_REDUCED = 16;
const MOST_REDUCED = 20_000;
/** With fewer one may as well look at all rows. */
const LEAST_CELLS = 16;
/** More values in codes find no more, and take longer. */
const MOST_CODED = 256;
/** Fewer vectors a cell than FAISS wants for learning them would only be warned about. */
const VECTORS_A_CELL = 40;
const EF_SEARCH = [16, 20, 24, 28, 32, 40, 48, 64, 80, 96, 128, 192, 256, 384, 512];

export interface Shape {
  vectors: number;
  dimensions: number;
  metric: VectorMetric;
}

/**
 * Graphs that are known to do well, in FAISS's words. Their answers are ranked by exact scores, so none keeps vectors for that
 * but {@link codedFactory}'s and {@link reducedFactory}'s, which would find too little by what they compare.
 */
export function candidateFactories({ vectors, dimensions, metric }: Shape): string[] {
  const cells = 2 ** Math.round(Math.log2(4 * Math.sqrt(vectors)));
  const rotated = Math.ceil(dimensions / 4 / 8) * 8;
  return [
    ...["HNSW16,Flat", "HNSW32,Flat", "HNSW32,SQ8"],
    // A rotation that takes the mean away keeps distances, not products.
    ...(graphMetric(metric) === "l2" && rotated >= LEAST_PCA ? [`PCA${rotated},HNSW32,SQ8`] : []),
    ...(vectors >= VECTORS_A_CELL * cells ? [`IVF${cells},Flat`, `IVF${cells},SQ8`] : []),
    ...codedFactory({ vectors, dimensions, metric }),
    ...reducedFactory({ vectors, dimensions, metric }),
  ];
}

/**
 * Those that take the least processor time with queries like the data: a rotation that spreads what is left evenly, and four
 * bits a value, of which thirty-two rows are compared at once. Of cells there are two numbers: few of them suit queries that
 * come one by one, more of them many vectors. None where that does not suit the vectors.
 */
export function codedFactory({ vectors, dimensions, metric }: Shape): string[] {
  const rotated = Math.min(MOST_CODED, Math.max(LEAST_PCA, Math.floor(dimensions / 6 / 8) * 8));
  if (graphMetric(metric) !== "l2" || 4 * rotated > dimensions) return [];
  return [2, 1]
    .map((share) => 2 ** Math.round(Math.log2(Math.sqrt(vectors) / share)))
    .filter((cells) => cells >= LEAST_CELLS && vectors >= VECTORS_A_CELL * cells)
    .map((cells) => `PCAR${rotated},IVF${cells},PQ${rotated}x4fs,RFlat`);
}

/**
 * The one that takes the least with some thousands of vectors: a row keeps so few values that comparing a cell's rows is sooner done than
 * setting up a table of codes would be. Of more vectors so few values find too little.
 */
export function reducedFactory({ vectors, dimensions, metric }: Shape): string[] {
  const cells = Math.min(Math.round(Math.sqrt(2 * vectors)), Math.floor(vectors / VECTORS_A_CELL));
  const rotated = Math.max(LEAST_REDUCED, Math.floor(dimensions / 16 / 8) * 8);
  if (graphMetric(metric) !== "l2" || rotated * 4 > dimensions) return [];
  return cells < LEAST_CELLS || vectors > MOST_REDUCED ? [] : [`PCAR${rotated},IVF${cells},SQfp16,RFlat`];
}

/** Parameters to try with a graph, from fast to thorough. */
export function paramsToTry(factory: string, vectors: number): AnnParams[] {
  const cells = /IVF(\d+)/.exec(factory)?.[1];
  if (/HNSW/.test(factory) && !cells) return EF_SEARCH.map((efSearch) => ({ efSearch }));
  if (!cells) return [{}];
  const most = Math.min(Number(cells), vectors);
  const probes: AnnParams[] = [];
  for (let nprobe = 1; nprobe < most && nprobe <= 1024; nprobe = Math.max(nprobe + 1, Math.floor(nprobe * 1.2)))
    probes.push({ nprobe });
  return probes;
}
