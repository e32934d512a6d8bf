import { abortable } from "../abortable.ts";
import type { AnnAnswer, AnnGraph, AnnMetric, AnnQuery } from "../ann.ts";
import { checkQuery } from "../check-query.ts";
import { writeGraphFile } from "../graph-file.ts";
import { InFlight } from "../in-flight.ts";
import { measuresExactly } from "../measures-exactly.ts";
import { estimateGraphBytes } from "../memory.ts";
import { Slots } from "../slots.ts";
import { toAnswer } from "../to-answer.ts";
import type { FaissNodeProcess } from "./child-process.ts";

export interface FaissNodeGraphOptions {
  process: FaissNodeProcess;
  dimensions: number;
  metric: AnnMetric;
  factory: string;
  count: number;
  onClose(graph: FaissNodeGraph): void;
}

/** An index in a process of its own. When that is lost, every search says so: the graph has to be opened or built anew. */
export class FaissNodeGraph implements AnnGraph {
  readonly dimensions: number;
  readonly metric: AnnMetric;
  readonly count: number;
  readonly measuresExactly: boolean;
  readonly memoryBytes: number;
  readonly #options: FaissNodeGraphOptions;
  readonly #inFlight = new InFlight("this graph");
  /** One that runs and one that it finds next: what waits here can still be taken back. */
  readonly #slots = new Slots(2);

  constructor(options: FaissNodeGraphOptions) {
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
    const width = Math.min(k, this.count);
    const { process } = this.#options;
    return abortable(
      this.#inFlight.run(async () => {
        if (queries === 0) return { labels: new Int32Array(0), scores: new Float32Array(0) };
        const found = await this.#slots.run(() => process.run({ op: "search", vectors, k: width }), signal);
        return toAnswer({ labels: found.labels!, distances: found.distances!, queries, width, k, metric: this.metric });
      }),
      signal,
    );
  }

  async write(file: string): Promise<void> {
    const { process, dimensions, metric, factory, count } = this.#options;
    await this.#inFlight.run(() =>
      writeGraphFile(file, { dimensions, metric, count, factory }, (content) =>
        process.run({ op: "write", file: content }),
      ),
    );
  }

  close(): Promise<void> {
    return this.#inFlight.close(async () => {
      await this.#options.process.end();
      this.#options.onClose(this);
    });
  }
}
