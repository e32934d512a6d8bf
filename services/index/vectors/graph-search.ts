import type { AnnParams } from "../ann/ann.ts";
import type { Scanner, ScanResult } from "../kernel/scan.ts";
import { candidateBlocks, neighboursOf, selectedLabels } from "./answer.ts";
import type { HeldGraph } from "./held-graph.ts";
import { joined } from "./joined.ts";
import { scanMetric } from "./metrics.ts";
import type { Cut } from "./row-set.ts";
import { type Selection, selectedFrom } from "./selection.ts";
import type { Neighbour, VectorMetric } from "./types.ts";

/** A graph, and the rows of which answers are made. */
export interface Among {
  cut: Cut;
  selection: Selection;
  held: HeldGraph;
  scanner: Omit<Scanner, "close">;
  metric: VectorMetric;
}

/** By vector: those of the graph's `k` nearest that are selected, ascending; and what that took, as far as the engine knows. */
export async function askGraph(
  { cut, selection, held }: Among,
  query: { vectors: readonly Float32Array[]; k: number; params?: AnnParams; signal?: AbortSignal },
): Promise<{ found: Uint32Array[]; workUs: number | undefined }> {
  const { vectors, k, params, signal } = query;
  const { labels, workUs } = await held.search({ vectors: joined(vectors), k, params, signal });
  const found = vectors.map((_, at) => selectedLabels(labels.subarray(at * k, (at + 1) * k), cut, selection));
  return { found, workUs };
}

/** By vector: the rows that the graph found and those that it does not have, compared exactly. Undefined: it found too few. */
export async function rankFound(
  { cut, selection, held, scanner, metric }: Among,
  found: readonly Uint32Array[],
  query: { vectors: readonly Float32Array[]; k: number; minScore?: number; signal?: AbortSignal },
): Promise<(Neighbour[] | undefined)[]> {
  const { vectors, k, minScore, signal } = query;
  // Looked at once for all, so that none throws while others are waited for.
  signal?.throwIfAborted();
  // Counted only where it matters: it looks at every newer row.
  const inGraph = found.some((rows) => rows.length < k)
    ? selection.count - selectedFrom(held.built, cut, selection)
    : k;
  const neighbours = ([exact]: ScanResult[]) => neighboursOf(cut, exact!, k, metric);
  const waited: Promise<unknown>[] = [];
  const ranked = found.map((rows, at) => {
    if (rows.length < Math.min(k, inGraph)) return undefined;
    const blocks = candidateBlocks(cut, selection, rows, held.built);
    if (blocks.length === 0) return undefined;
    const one = { blocks, queries: vectors[at]!, k, metric: scanMetric(metric), minScore, signal };
    const now = scanner.scanNow?.(one);
    if (now) return neighbours(now);
    waited.push(
      scanner.scan(one).then((results) => {
        ranked[at] = neighbours(results);
      }),
    );
    return undefined;
  });
  if (waited.length > 0) await Promise.all(waited);
  return ranked;
}
