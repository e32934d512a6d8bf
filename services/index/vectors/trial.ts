import type { AnnParams } from "../ann/ann.ts";
import { neighboursOf, scanBlocks } from "./answer.ts";
import { type Among, askGraph, rankFound } from "./graph-search.ts";
import { scanMetric } from "./metrics.ts";
import { fetchOf } from "./planner.ts";
import type { Neighbour } from "./types.ts";

/** A graph that is only measured, over rows as they were when it was begun. */
export class Trial {
  readonly #among: Among;

  constructor(among: Among) {
    this.#among = among;
  }

  /** Held by the graph. */
  get memoryBytes(): number {
    return this.#among.held.graph.memoryBytes;
  }

  /** What the graph finds, as a search would; nothing where a search would have to scan. */
  async search(vector: Float32Array, k: number, params: AnnParams, signal?: AbortSignal): Promise<Neighbour[]> {
    const { cut, held } = this.#among;
    const fetch = fetchOf({ rows: cut.rows, candidates: cut.live, graph: held, k });
    const vectors = [vector];
    const { found } = await askGraph(this.#among, { vectors, k: fetch, params, signal });
    const [neighbours] = await rankFound(this.#among, found, { vectors, k, signal });
    return neighbours ?? [];
  }

  /** The true nearest. */
  async exact(vector: Float32Array, k: number, signal?: AbortSignal): Promise<Neighbour[]> {
    const { cut, selection, scanner, metric } = this.#among;
    const blocks = scanBlocks(cut, selection);
    const [found] = await scanner.scan({ blocks, queries: vector, k, metric: scanMetric(metric), signal });
    return neighboursOf(cut, found!, k, metric);
  }

  /** Give the graph's memory back. */
  close(): Promise<void> {
    return this.#among.held.letGo();
  }
}
