import { BestRows, nextAbove } from "./best-rows.ts";
import { Bounds, fastestProducts, type Listed } from "./bounds.ts";
import type { Products } from "./bounds-module.ts";
import type { Metric } from "./scan.ts";
import {
  COUNTS,
  functionFor,
  LIST,
  LIST_SPARE,
  MAX_QUERIES,
  MAX_ROWS,
  NUMBERS,
  QUERIES,
  type ScanFunction,
  STAGE,
  STAGE_BYTES,
  SURVIVORS,
  scanModule,
  THRESHOLDS,
} from "./scan-module.ts";

const PAGE_BYTES = 65536;
const MAX_PAGES = 65536;

/** What a slice says of a block: enough for another thread. */
export interface BlockHandle {
  id: number;
  /** Not needed by a kernel that has seen the block. */
  memory?: WebAssembly.Memory;
  /** Not every block has them; nor needed again. */
  codes?: WebAssembly.Memory;
  /** Floats from one row to the next. */
  stride: number;
}

/** One piece of a scan: some rows of one block against some queries, small enough to be done in about a millisecond. */
export interface Slice {
  block: BlockHandle;
  metric: Metric;
  k: number;
  /** Names `queries`: a number that no other queries have. */
  queriesId: number;
  /** `[n, stride]`, zero behind the dimensions, at most MAX_QUERIES. */
  queries: Float32Array;
  /** What each query's finds must reach. */
  thresholds: Float32Array;
  rows: SliceRows;
}

/** Which rows, at most MAX_ROWS: a stretch, of a stretch those whose bit is set (bit 0 is row `first`), or listed ones. */
export type SliceRows =
  | { kind: "range"; first: number; count: number }
  | { kind: "bits"; first: number; bits: Uint8Array }
  | { kind: "list"; list: Uint32Array };

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

let module: WebAssembly.Module | undefined;

/** Once a thread. */
function compiled(): WebAssembly.Module {
  module ??= new WebAssembly.Module(scanModule());
  return module;
}

/** The compiled modules with a block's memories. */
interface Bound {
  scan: Record<string, unknown>;
  bounds: Bounds | undefined;
}

/** Runs slices in one thread: its scratch memory, and the compiled module bound to each block that it has seen. */
export class Kernel {
  readonly #module = compiled();
  readonly #scratch = new WebAssembly.Memory({ initial: QUERIES / PAGE_BYTES + 4, maximum: MAX_PAGES });
  readonly #bound = new Map<number, Bound>();
  readonly #products: Products;
  #integers = new Uint32Array(this.#scratch.buffer);
  #floats = new Float32Array(this.#scratch.buffer);
  #queriesId = 0;
  /** One a query, used again and again. */
  readonly #best = Array.from({ length: MAX_QUERIES }, () => new BestRows(1));

  /** @param products how the products of codes are summed; only for tests another than the fastest */
  constructor(products = fastestProducts()) {
    this.#products = products;
    for (let n = 0; n < MAX_ROWS + LIST_SPARE; n++) this.#integers[NUMBERS / 4 + n] = n;
  }

  run(slice: Slice): Found {
    const began = performance.now();
    const { block, metric, k, thresholds } = slice;
    const { name, queriesAtOnce } = functionFor(metric, thresholds.length);
    const queries = Math.ceil(thresholds.length / queriesAtOnce) * queriesAtOnce;
    this.#writeQueries(slice, queries);
    const bound = this.#bind(block);
    const { list, count, first } = this.#perhapsWanted(this.#writeList(slice.rows), slice, bound);
    const scan = bound.scan[name] as ScanFunction;
    const best = this.#best.slice(0, thresholds.length);
    for (const [query, rows] of best.entries()) rows.reset(k, thresholds[query]);
    this.#integers.fill(0, COUNTS / 4, COUNTS / 4 + queries);
    // No score is at least NaN: the queries that only fill up find nothing.
    this.#floats.fill(Number.NaN, THRESHOLDS / 4, THRESHOLDS / 4 + queries);
    this.#floats.set(thresholds, THRESHOLDS / 4);
    for (let at = 0; at < count; ) {
      at = scan(at, count, queries, block.stride * 4, list, first);
      this.#empty(best);
    }
    return { ...collect(best), us: (performance.now() - began) * 1000 };
  }

  /** Let go of a block, so that its memory can be given back. */
  forget(blockId: number): void {
    this.#bound.delete(blockId);
  }

  #bind({ id, memory, codes }: BlockHandle): Bound {
    let bound = this.#bound.get(id);
    if (!bound) {
      if (!memory) throw new Error(`block ${id} came without its memory`);
      const scratch = this.#scratch;
      const { exports } = new WebAssembly.Instance(this.#module, { scratch: { memory: scratch }, rows: { memory } });
      bound = { scan: exports, bounds: codes && new Bounds(scratch, codes, this.#products) };
      this.#bound.set(id, bound);
    }
    return bound;
  }

  /** Of the listed rows those that bounds of their scores leave; with several queries, which leave other rows each, all. */
  #perhapsWanted(rows: Listed, { metric, k, thresholds, queries: query, block }: Slice, { bounds }: Bound): Listed {
    if (!bounds || thresholds.length > 1) return rows;
    const asked = { metric, k, threshold: thresholds[0]!, query, stride: block.stride };
    const left = bounds.survivors(rows, asked, { free: QUERIES + block.stride * 4, to: SURVIVORS });
    return left === undefined ? rows : { list: SURVIVORS, count: left, first: 0 };
  }

  /** The rows in ascending order: the order of memory, and the one in which equal scores are kept. */
  #writeList(rows: SliceRows): Listed {
    if (rows.kind === "range") return { list: NUMBERS, count: rows.count, first: rows.first };
    const list = this.#integers;
    const start = LIST / 4;
    if (rows.kind === "list") {
      list.set(rows.list, start);
      list.subarray(start, start + rows.list.length).sort();
      list.fill(0, start + rows.list.length, start + rows.list.length + LIST_SPARE);
      return { list: LIST, count: rows.list.length, first: 0 };
    }
    let end = start;
    for (let n = 0; n < rows.bits.length; n++) {
      for (let byte = rows.bits[n]!; byte !== 0; byte &= byte - 1) list[end++] = n * 8 + 31 - Math.clz32(byte & -byte);
    }
    list.fill(0, end, end + LIST_SPARE);
    return { list: LIST, count: end - start, first: rows.first };
  }

  #writeQueries({ queriesId, queries, block }: Slice, padded: number): void {
    if (queriesId === this.#queriesId) return;
    // Behind them the code of one.
    const bytes = QUERIES + (padded + 1) * block.stride * 4;
    const missing = Math.ceil((bytes - this.#scratch.buffer.byteLength) / PAGE_BYTES);
    if (missing > 0) {
      this.#scratch.grow(missing);
      this.#integers = new Uint32Array(this.#scratch.buffer);
      this.#floats = new Float32Array(this.#scratch.buffer);
    }
    this.#floats.set(queries, QUERIES / 4);
    this.#queriesId = queriesId;
  }

  /** Take what the module has found off its stages and tell it what is wanted from here on. */
  #empty(best: BestRows[]): void {
    for (const [query, rows] of best.entries()) {
      const staged = this.#integers[COUNTS / 4 + query]!;
      if (staged === 0) continue;
      const at = (STAGE + query * STAGE_BYTES) / 4;
      for (let n = 0; n < staged; n++) rows.offer(this.#integers[at + 2 * n]!, this.#floats[at + 2 * n + 1]!);
      this.#integers[COUNTS / 4 + query] = 0;
      this.#floats[THRESHOLDS / 4 + query] = rows.full ? nextAbove(rows.threshold) : rows.threshold;
    }
  }
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
