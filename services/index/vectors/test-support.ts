import { readFile, writeFile } from "node:fs/promises";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { AnnAnswer, AnnBuild, AnnEngine, AnnGraph, AnnMetric, AnnQuery } from "../ann/ann.ts";
import { checkHead } from "../ann/check-query.ts";
import { verifyGraphFile, writeGraphFile } from "../ann/graph-file.ts";
import type { Scanner, ScanRequest, ScanResult } from "../kernel/scan.ts";
import { type Attributes, CODE_COLUMNS, CODE_SET_COLUMNS, NUMBER_COLUMNS, type RowFilter } from "./attributes.ts";
import { hasBit } from "./bitmap.ts";

/** The kernel's answers in the plainest way; they come turns later, so that what changes meanwhile would show. */
export const plainScanner: Omit<Scanner, "close"> = {
  async scan({ blocks, queries, k, metric, minScore = Number.NEGATIVE_INFINITY, signal }: ScanRequest) {
    await nextTurn();
    await nextTurn();
    signal?.throwIfAborted();
    const { dimensions } = blocks[0]!.rows;
    const results: ScanResult[] = [];
    for (let at = 0; at < queries.length; at += dimensions) {
      const query = queries.subarray(at, at + dimensions);
      const all = blocks.flatMap(({ rows, count, first = 0, base = 0, accepted, list }) =>
        Array.from(list ?? Array(count).keys())
          .filter((row) => row >= first && (!accepted || hasBit(accepted, row)))
          .map((row) => ({ row: base + row, score: scoreOf(metric, query, rows.get(row)) })),
      );
      const sorted = all.filter(({ score }) => score >= minScore).sort((a, b) => b.score - a.score || a.row - b.row);
      const last = sorted[Math.min(k, sorted.length) - 1]?.score ?? 0;
      const best = sorted.filter(({ score }, place) => place < k || score === last);
      results.push({
        rows: Uint32Array.from(best, ({ row }) => row),
        scores: Float32Array.from(best, ({ score }) => score),
      });
    }
    return results;
  },
};

export function scoreOf(metric: "ip" | "l2", a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let at = 0; at < a.length; at++) sum += metric === "ip" ? a[at]! * b[at]! : -((a[at]! - b[at]!) ** 2);
  return Math.fround(sum);
}

/** Whether attributes pass a filter, said as plainly as can be. */
export function passes(
  item: Attributes,
  { anyOf = {}, allOf = {}, between = {}, excludeItemIds = [] }: RowFilter,
): boolean {
  return (
    CODE_COLUMNS.every((column) => anyOf[column]?.has(item[column]) ?? true) &&
    CODE_SET_COLUMNS.every(
      (column) => !anyOf[column] || (item[column] ?? []).some((code) => anyOf[column]!.has(code)),
    ) &&
    CODE_SET_COLUMNS.every((column) => [...(allOf[column] ?? [])].every((code) => item[column]?.includes(code))) &&
    NUMBER_COLUMNS.every((column) => {
      const { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY } = between[column] ?? {};
      const value = item[column] ?? Number.NaN;
      return !(Number.isFinite(min) || Number.isFinite(max)) || (value >= min && value <= max);
    }) &&
    ![...excludeItemIds].includes(item.itemId)
  );
}

/** An engine in plain TypeScript whose graphs hold all vectors and compare them all, a turn at a time. */
export class PlainEngine implements AnnEngine {
  readonly name = "faiss";
  readonly version = "plain";
  readonly source = "test";
  readonly graphs: PlainGraph[] = [];
  /** Called before each build and search; may throw. */
  before: (what: "build" | "search") => void | Promise<void> = () => {};

  async build({ dimensions, metric, count, rows, signal }: AnnBuild): Promise<AnnGraph> {
    await this.before("build");
    const vectors = new Float32Array(count * dimensions);
    for (let first = 0; first < count; first += 7) {
      await nextTurn();
      signal?.throwIfAborted();
      vectors.set(rows(first, Math.min(7, count - first)), first * dimensions);
    }
    return this.#graph(vectors, dimensions, metric);
  }

  async open(file: string, expected: { dimensions: number; metric: AnnMetric }): Promise<AnnGraph> {
    const head = await verifyGraphFile(file);
    checkHead(file, head, expected);
    const bytes = (await readFile(file)).subarray(0, head.contentBytes);
    return this.#graph(new Float32Array(new Uint8Array(bytes).buffer), head.dimensions, head.metric);
  }

  async close(): Promise<void> {
    await Promise.all(this.graphs.map((graph) => graph.close()));
  }

  #graph(vectors: Float32Array, dimensions: number, metric: AnnMetric): AnnGraph {
    const graph = new PlainGraph(this, vectors, dimensions, metric);
    this.graphs.push(graph);
    return graph;
  }
}

export class PlainGraph implements AnnGraph {
  readonly dimensions: number;
  readonly metric: AnnMetric;
  readonly measuresExactly = false;
  readonly #engine: PlainEngine;
  readonly #vectors: Float32Array;
  closed = false;

  constructor(engine: PlainEngine, vectors: Float32Array, dimensions: number, metric: AnnMetric) {
    this.#engine = engine;
    this.#vectors = vectors;
    this.dimensions = dimensions;
    this.metric = metric;
  }

  get count(): number {
    return this.#vectors.length / this.dimensions;
  }

  get memoryBytes(): number {
    return this.#vectors.byteLength;
  }

  async search({ vectors, k }: AnnQuery): Promise<AnnAnswer> {
    if (this.closed) throw new Error("the graph is closed");
    await this.#engine.before("search");
    await nextTurn();
    const labels: number[] = [];
    const scores: number[] = [];
    for (let at = 0; at < vectors.length; at += this.dimensions) {
      const query = vectors.subarray(at, at + this.dimensions);
      const scored = Array.from({ length: this.count }, (_, row) => {
        const vector = this.#vectors.subarray(row * this.dimensions, (row + 1) * this.dimensions);
        return { row, score: scoreOf(this.metric, query, vector) };
      }).sort((a, b) => b.score - a.score || a.row - b.row);
      for (let place = 0; place < k; place++) {
        labels.push(scored[place]?.row ?? -1);
        scores.push(scored[place]?.score ?? Number.NEGATIVE_INFINITY);
      }
    }
    return { labels: Int32Array.from(labels), scores: Float32Array.from(scores) };
  }

  async write(file: string): Promise<void> {
    const { dimensions, metric, count } = this;
    await writeGraphFile(file, { dimensions, metric, count, factory: "Plain" }, (content) =>
      writeFile(content, new Uint8Array(this.#vectors.buffer, this.#vectors.byteOffset, this.#vectors.byteLength)),
    );
  }

  async close(): Promise<void> {
    this.closed = true;
  }
}
