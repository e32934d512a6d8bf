import { BestRows, nextAbove } from "./best-rows.ts";
import { type Asked, Bounds, compiledBounds, fastestProducts, type Listed } from "./bounds.ts";
import type { Products } from "./bounds-module.ts";
import type { Metric } from "./scan.ts";
import {
  COUNTS,
  compiledScan,
  FUNCTIONS,
  LIST,
  LIST_SPARE,
  MAX_QUERIES,
  NUMBERS,
  QUERIES,
  type ScanFunction,
  STAGE,
  STAGE_BYTES,
  SURVIVORS,
  THRESHOLDS,
} from "./scan-module.ts";
import { Scratch } from "./scratch.ts";
import { SketchBounds } from "./sketch-bounds.ts";
import type { SketchHandle } from "./sketches.ts";

/** Rows after which the best of them are looked at for the first time; twice as many each time: so the thresholds rise soon. */
const FIRST_ROWS = 16;

/** What a slice says of a block: enough for another thread. */
export interface BlockHandle {
  id: number;
  memory: WebAssembly.Memory;
  /** Not every block has them. */
  codes?: WebAssembly.Memory | undefined;
  sketches?: SketchHandle | undefined;
  /** Floats from one row to the next. */
  stride: number;
}

/** Some rows of one block and some queries that are compared with them. */
export interface Comparison {
  block: BlockHandle;
  metric: Metric;
  k: number;
  /** Names `queries`: a number that no other queries have. */
  queriesId: number;
  /** `[n, dimensions]`, at most MAX_QUERIES. */
  queries: Float32Array;
  rows: SliceRows;
}

/** One piece of a scan, small enough to be done in about a millisecond. */
export interface Slice extends Comparison {
  /** What each query's finds must reach. */
  thresholds: Float32Array;
}

/** Which rows, at most MAX_ROWS: a stretch, of a stretch those whose bit is set (the lowest one is row `first`), or listed ones. */
export type SliceRows =
  | { kind: "range"; first: number; count: number }
  | { kind: "bits"; first: number; bits: Uint32Array }
  | { kind: "list"; list: Uint32Array; ascending?: boolean };

/** The best rows that a slice has found, query by query, in no order within one. */
export interface Found {
  /** How many for each query. */
  counts: Uint32Array;
  /** Row in the block and score. */
  rows: Uint32Array;
  scores: Float32Array;
  /** What the slice took where it ran, microseconds. */
  us: number;
}

/** The compiled modules with a block's memories. */
interface Bound {
  scan: Record<string, unknown>;
  bounds: Bounds | undefined;
  sketches: SketchBounds | undefined;
}

/** What rows are offered to. */
interface Offered {
  comparison: Comparison;
  best: readonly BestRows[];
  base: number;
  /** Rows come in ascending order, these first. */
  ascending: boolean;
}

/** Compares rows in one thread: its scratch memory, and the compiled module bound to each block that it has seen and others still have. */
export class Kernel {
  readonly #module = compiledScan();
  readonly #scratch = new Scratch();
  readonly #bound = new WeakMap<WebAssembly.Memory, Bound>();
  readonly #products: Products;
  #queriesId = 0;
  /** One a query, used again and again. */
  readonly #best = Array.from({ length: MAX_QUERIES }, () => new BestRows(1));

  /** @param products how the products of codes are summed; only for tests another than the fastest */
  constructor(products = fastestProducts()) {
    this.#products = products;
    compiledBounds(products); // now, not with the first scan
  }

  /** One without a row for each of so many queries; they are the same ones every time. */
  best(queries: number, k: number, minScore?: number): BestRows[] {
    const best = this.#best.slice(0, queries);
    for (const one of best) one.reset(k, minScore);
    return best;
  }

  run(slice: Slice): Found {
    const began = performance.now();
    const { k, thresholds } = slice;
    const best = this.#best.slice(0, thresholds.length);
    for (const [query, rows] of best.entries()) rows.reset(k, thresholds[query]);
    this.compare(slice, best);
    return { ...collect(best), us: (performance.now() - began) * 1000 };
  }

  /** Offer the rows, with `base` added to their numbers, to what is best for each query. */
  compare(comparison: Comparison, best: readonly BestRows[], base = 0): void {
    this.#writeQueries(comparison, best.length);
    const bound = this.#bind(comparison.block);
    // Rows come in ascending order: where there is no room for more of one score, only better ones are wanted.
    const offered = { comparison, best, base, ascending: best.every(({ count }) => count === 0) };
    this.#compareListed(this.#leftBySketches(this.#writeList(comparison.rows), offered, bound), offered, bound);
  }

  /** Of the listed rows those that may be wanted by their sketches. */
  #leftBySketches(listed: Listed, offered: Offered, bound: Bound): Listed {
    const { sketches } = bound;
    const [best] = offered.best;
    if (!sketches || !best || offered.best.length > 1) return listed;
    const asked = askedOf(offered);
    const full = best.count >= asked.k;
    if (!sketches.compute(listed, asked, { full, free: QUERIES + 2 * 4 * asked.stride })) return listed;
    if (!full) {
      offered.ascending = false;
      this.#compareListed(sketches.seeds(listed, asked), offered, bound);
    }
    return sketches.survivors(listed, best.threshold);
  }

  /** The listed rows that bounds by their codes leave. */
  #compareListed(listed: Listed, offered: Offered, bound: Bound): void {
    const { integers, floats } = this.#scratch;
    const { comparison, best, base, ascending } = offered;
    const { block, metric } = comparison;
    const { name, queriesAtOnce } = FUNCTIONS[metric][best.length === 1 ? "one" : "several"];
    const queries = Math.ceil(best.length / queriesAtOnce) * queriesAtOnce;
    const { list, count, first } = this.#perhapsWanted(listed, offered, bound);
    const scan = bound.scan[name] as ScanFunction;
    integers.fill(0, COUNTS / 4, COUNTS / 4 + queries);
    for (let query = 0; query < queries; query++) {
      // No score is at least NaN: the queries that only fill up find nothing.
      const rows = best[query];
      floats[THRESHOLDS / 4 + query] = rows ? wantedFrom(rows, ascending) : Number.NaN;
    }
    for (let at = 0, look = FIRST_ROWS; at < count; look *= 2) {
      at = scan(at, Math.min(count, at + look), queries, block.stride * 4, list, first);
      this.#empty(best, base, ascending);
    }
  }

  #bind({ memory, codes, sketches }: BlockHandle): Bound {
    let bound = this.#bound.get(memory);
    if (!bound) {
      const scratch = this.#scratch;
      const imports = { scratch: { memory: scratch.memory }, rows: { memory } };
      const { exports } = new WebAssembly.Instance(this.#module, imports);
      bound = {
        scan: exports,
        bounds: codes && new Bounds(scratch, codes, this.#products),
        sketches: sketches && new SketchBounds(scratch, sketches, this.#products),
      };
      this.#bound.set(memory, bound);
    }
    return bound;
  }

  /** Of the listed rows those that bounds of their scores leave; with several queries, which leave other rows each, all. */
  #perhapsWanted(rows: Listed, offered: Offered, { bounds }: Bound): Listed {
    if (!bounds || offered.best.length > 1) return rows;
    const asked = askedOf(offered);
    const left = bounds.survivors(rows, asked, { free: QUERIES + asked.stride * 4, to: SURVIVORS });
    return left === undefined ? rows : { list: SURVIVORS, count: left, first: 0 };
  }

  /** The rows in ascending order: the order of memory, and the one in which equal scores are kept. */
  #writeList(rows: SliceRows): Listed {
    if (rows.kind === "range") return { list: NUMBERS, count: rows.count, first: rows.first };
    const list = this.#scratch.integers;
    const start = LIST / 4;
    if (rows.kind === "list") {
      list.set(rows.list, start);
      if (!rows.ascending && !isAscending(rows.list)) list.subarray(start, start + rows.list.length).sort();
      list.fill(0, start + rows.list.length, start + rows.list.length + LIST_SPARE);
      return { list: LIST, count: rows.list.length, first: 0 };
    }
    let end = start;
    const { bits } = rows;
    for (let n = 0; n < bits.length; n++) {
      for (let word = bits[n]!; word !== 0; word &= word - 1) list[end++] = n * 32 + 31 - Math.clz32(word & -word);
    }
    list.fill(0, end, end + LIST_SPARE);
    return { list: LIST, count: end - start, first: rows.first };
  }

  #writeQueries({ queriesId, queries, block: { stride } }: Comparison, count: number): void {
    const scratch = this.#scratch;
    if (queriesId === this.#queriesId) return;
    // Behind them some that fill up, or the code and the sketch of one.
    scratch.reserve(QUERIES + (count + 4) * stride * 4);
    const dimensions = queries.length / count;
    for (let query = 0; query < count; query++) {
      const at = QUERIES / 4 + query * stride;
      const whole = count === 1 ? queries : queries.subarray(query * dimensions, (query + 1) * dimensions);
      scratch.floats.set(whole, at);
      if (dimensions < stride) scratch.floats.fill(0, at + dimensions, at + stride);
    }
    this.#queriesId = queriesId;
    scratch.coded = undefined;
    scratch.sketched = undefined;
  }

  /** Take what the module has found off its stages and tell it what is wanted from here on. */
  #empty(best: readonly BestRows[], base: number, ascending: boolean): void {
    const { integers, floats } = this.#scratch;
    for (let query = 0; query < best.length; query++) {
      const staged = integers[COUNTS / 4 + query]!;
      if (staged === 0) continue;
      const rows = best[query]!;
      const at = (STAGE + query * STAGE_BYTES) / 4;
      for (let n = at; n < at + 2 * staged; n += 2) rows.offer(base + integers[n]!, floats[n + 1]!);
      integers[COUNTS / 4 + query] = 0;
      floats[THRESHOLDS / 4 + query] = wantedFrom(rows, ascending);
    }
  }
}

function isAscending(rows: Uint32Array): boolean {
  for (let n = 1; n < rows.length; n++) {
    if (rows[n]! < rows[n - 1]!) return false;
  }
  return true;
}

function wantedFrom({ full, threshold }: BestRows, ascending: boolean): number {
  return ascending && full ? nextAbove(threshold) : threshold;
}

function askedOf({ comparison: { metric, k, queriesId, block }, best }: Offered): Asked {
  return { metric, k, threshold: best[0]!.threshold, queriesId, query: QUERIES, stride: block.stride };
}

function collect(best: readonly BestRows[]): Omit<Found, "us"> {
  const counts = Uint32Array.from(best, ({ count }) => count);
  const total = counts.reduce((sum, count) => sum + count, 0);
  const rows = new Uint32Array(total);
  const scores = new Float32Array(total);
  let at = 0;
  for (const one of best) at += one.write(rows, scores, at);
  return { counts, rows, scores };
}
