import { setImmediate as nextTurn } from "node:timers/promises";
import type { Attributes, Engine, EngineSearch, VectorAnswer, VectorMetric } from "./engine.ts";
import { rowBytes, Segment } from "./segment.ts";
import { similarity } from "./similarity.ts";
import { TopK } from "./top-k.ts";

/** How long a scan may keep the event loop before it gives way. */
const TURN_MS = 4;
/** A comparison of two values, microseconds, as measured on a processor of 2024. */
const US_PER_VALUE = 0.001;
/** Rows between two looks at the clock. */
const STRIDE = 256;

export interface FlatEngineOptions {
  dimensions: number;
  /** Default `cosine`: then all vectors have unit length. */
  metric?: VectorMetric;
  /** Rows that are allocated at once; default: about 1 MiB of vectors. */
  segmentRows?: number;
  /** Default `performance.now`. */
  nowMs?: () => number;
}

/** Exact search: every vector that passes the filter is compared. O(items × dimensions) a query. */
export class FlatEngine implements Engine {
  readonly name = "flat";
  readonly dimensions: number;
  readonly #metric: VectorMetric;
  readonly #segmentRows: number;
  readonly #nowMs: () => number;
  #segments: Segment[] = [];
  readonly #places = new Map<string, { segment: Segment; row: number }>();
  /** Counts removals; see {@link Segment.died}. */
  #tick = 0;

  constructor({ dimensions, metric = "cosine", segmentRows, nowMs = () => performance.now() }: FlatEngineOptions) {
    this.dimensions = dimensions;
    this.#metric = metric;
    this.#segmentRows = segmentRows ?? Math.max(64, Math.ceil(2 ** 18 / dimensions));
    this.#nowMs = nowMs;
  }

  get count(): number {
    return this.#places.size;
  }

  get sizeBytes(): number {
    return this.count * rowBytes(this.dimensions);
  }

  get memoryBytes(): number {
    return this.#segments.reduce((sum, segment) => sum + segment.memoryBytes, 0);
  }

  add(item: Attributes, vector: Float32Array): void {
    if (vector.length !== this.dimensions) {
      throw new RangeError(`expected ${this.dimensions} dimensions, got ${vector.length}`);
    }
    if (this.#places.has(item.itemId)) throw new RangeError(`item ${item.itemId} is there already: remove it first`);
    let segment = this.#segments.at(-1);
    if (!segment || segment.full) {
      segment = new Segment(this.dimensions, this.#segmentRows);
      // A new list, so that a scan under way keeps the one that it began with.
      this.#segments = [...this.#segments, segment];
    }
    this.#places.set(item.itemId, { segment, row: segment.append(item, vector) });
  }

  remove(itemId: string): boolean {
    const place = this.#places.get(itemId);
    if (!place) return false;
    this.#places.delete(itemId);
    place.segment.kill(place.row, ++this.#tick);
    if (place.segment.sparse) this.#dissolve(place.segment);
    return true;
  }

  vector(itemId: string): Float32Array | undefined {
    const place = this.#places.get(itemId);
    return place?.segment.vector(place.row).slice();
  }

  async search({ vector, k, filter, minScore, signal }: EngineSearch): Promise<VectorAnswer> {
    // All of this is read before the first await: it is the state that the whole scan sees.
    const began = this.#tick;
    const live = this.count;
    const parts = this.#segments.map((segment) => ({ segment, rows: segment.length }));
    const accepts = filter?.accepts;
    const top = new TopK(k);
    const least = minScore ?? Number.NEGATIVE_INFINITY;
    let candidates = 0;
    let turnBegan = this.#nowMs();
    for (const { segment, rows } of parts) {
      const { owners, categories, colours, prices, tags, itemIds, died, vectors } = segment;
      for (let start = 0; start < rows; start += STRIDE) {
        const end = Math.min(rows, start + STRIDE);
        for (let row = start; row < end; row++) {
          if (died[row]! <= began) continue;
          const itemId = itemIds[row]!;
          if (accepts && !accepts(owners[row]!, categories[row]!, colours[row]!, itemId, prices[row]!, tags[row]!))
            continue;
          candidates++;
          const score = similarity(this.#metric, vector, vectors, row * this.dimensions);
          if (score >= least && score >= top.threshold) top.offer(itemId, score);
        }
        if (this.#nowMs() - turnBegan < TURN_MS) continue;
        await nextTurn();
        signal?.throwIfAborted();
        turnBegan = this.#nowMs();
      }
    }
    const kind = candidates === 0 ? "empty" : candidates === live ? "exact-all" : "exact-rows";
    const estimatedUs = Math.ceil(candidates * this.dimensions * US_PER_VALUE);
    const reason = "this engine compares every vector that passes the filter";
    return { neighbours: top.best(), plan: { kind, engine: this.name, candidates, estimatedUs, reason } };
  }

  /** Append what lives in a segment to the last one and let the segment go: the work is bounded by its size. */
  #dissolve(sparse: Segment): void {
    this.#segments = this.#segments.filter((segment) => segment !== sparse);
    for (let row = 0; row < sparse.length; row++) {
      if (!sparse.isAlive(row)) continue;
      const item = sparse.attributes(row);
      this.#places.delete(item.itemId);
      this.add(item, sparse.vector(row));
    }
  }
}
