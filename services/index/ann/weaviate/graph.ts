import { writeFile } from "node:fs/promises";
import type { Collection } from "weaviate-client";
import { abortable } from "../abortable.ts";
import { type AnnAnswer, AnnError, type AnnGraph, type AnnMetric, type AnnQuery } from "../ann.ts";
import { checkQuery } from "../check-query.ts";
import { writeGraphFile } from "../graph-file.ts";
import { InFlight } from "../in-flight.ts";
import { measuresExactly } from "../measures-exactly.ts";
import { estimateGraphBytes } from "../memory.ts";
import { Slots } from "../slots.ts";
import type { Collections } from "./collections.ts";
import { saying } from "./collections.ts";
import { rowOfId } from "./row-id.ts";

/** Queries of one graph that Weaviate is asked at a time. */
const AT_ONCE = 16;

export interface WeaviateGraphOptions {
  collection: Collection;
  collections: Pick<Collections, "written" | "release">;
  dimensions: number;
  metric: AnnMetric;
  factory: string;
  count: number;
  onClose(graph: WeaviateGraph): void;
}

/** A collection in Weaviate. A written file only names it. */
export class WeaviateGraph implements AnnGraph {
  readonly dimensions: number;
  readonly metric: AnnMetric;
  readonly count: number;
  readonly measuresExactly: boolean;
  /** In Weaviate, not in this process. */
  readonly memoryBytes: number;
  readonly #options: WeaviateGraphOptions;
  readonly #inFlight = new InFlight("this graph");
  readonly #slots = new Slots(AT_ONCE);

  constructor(options: WeaviateGraphOptions) {
    this.#options = options;
    this.dimensions = options.dimensions;
    this.metric = options.metric;
    this.count = options.count;
    this.measuresExactly = measuresExactly(options.factory);
    this.memoryBytes = estimateGraphBytes(options.factory, this);
  }

  async search(query: AnnQuery): Promise<AnnAnswer> {
    const { vectors, k, signal } = query;
    signal?.throwIfAborted();
    const queries = checkQuery(query, this.dimensions);
    const labels = new Int32Array(queries * k).fill(-1);
    const scores = new Float32Array(queries * k).fill(Number.NEGATIVE_INFINITY);
    const answerOne = async (at: number): Promise<void> => {
      const vector = Array.from(vectors.subarray(at * this.dimensions, (at + 1) * this.dimensions));
      for (const [rank, { row, score }] of (await this.#nearest(vector, Math.min(k, this.count))).entries()) {
        labels[at * k + rank] = row;
        scores[at * k + rank] = score;
      }
    };
    const work = this.#inFlight.run(async () => {
      const one = (_: unknown, at: number) => this.#slots.run(() => answerOne(at), signal);
      const results = await Promise.allSettled(Array.from({ length: queries }, one));
      const failed = results.find((result) => result.status === "rejected");
      if (failed) throw failed.reason;
      return { labels, scores };
    });
    return abortable(work, signal);
  }

  async #nearest(vector: number[], limit: number): Promise<{ row: number; score: number }[]> {
    const { objects } = await saying(() =>
      this.#options.collection.query.nearVector(vector, { limit, returnMetadata: ["distance"], returnProperties: [] }),
    );
    return objects.map(({ uuid, metadata }) => {
      const distance = metadata?.distance;
      if (distance === undefined) throw new AnnError(`weaviate: expected a distance for ${uuid}, got none`);
      // "dot" is the negative inner product, "l2-squared" the squared distance. 0 - x: no -0.
      return { row: rowOfId(uuid), score: 0 - distance };
    });
  }

  async write(file: string): Promise<void> {
    const { collection, collections, dimensions, metric, factory, count } = this.#options;
    await this.#inFlight.run(() =>
      writeGraphFile(file, { dimensions, metric, count, factory }, async (content) => {
        await writeFile(content, JSON.stringify({ collection: collection.name }), { flush: true });
        collections.written(collection.name);
      }),
    );
  }

  close(): Promise<void> {
    const { collection, collections, onClose } = this.#options;
    return this.#inFlight.close(async () => {
      onClose(this);
      await collections.release(collection.name);
    });
  }
}
