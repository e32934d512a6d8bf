import { boundsPay } from "./bounds.ts";
import { codeBytes } from "./codes.ts";
import type { SliceRows } from "./kernel.ts";
import { popcount } from "./popcount.ts";
import type { ScanBlock } from "./scan.ts";
import { MAX_QUERIES, MAX_ROWS } from "./scan-module.ts";

/** Queries of one slice together, so that they stay in a processor's second cache while the rows pass. */
const QUERY_CACHE_BYTES = 2 ** 18;
/** Bytes a microsecond, measured: rows come from memory that fast, and are compared with each query that fast. */
const READ_SPEED = 30_000;
const COMPARE_SPEED = 80_000;
/** Rows of this many bytes stay in a processor's last cache between two scans, and come from there twice as fast. */
const CACHE_BYTES = 2 ** 22;
/** Bytes of codes a microsecond: bounds are computed that fast. */
const BOUND_SPEED = 25_000;

/** What a scan goes over. */
export interface Extent {
  rows: number;
  /** Floats from one row to the next. */
  stride: number;
  queries: number;
  /** Of a scan for one query, and of rows that have codes: how many are wanted. */
  k?: number;
}

/** About how long one thread needs, in microseconds; the order of magnitude is what matters. */
export function estimateUs({ rows, stride, queries, k }: Extent): number {
  if (k !== undefined && boundsPay(rows, stride, k)) return (rows * codeBytes(stride)) / BOUND_SPEED;
  const bytes = rows * stride * Float32Array.BYTES_PER_ELEMENT;
  const read = bytes / (bytes > CACHE_BYTES ? READ_SPEED : 2 * READ_SPEED);
  return Math.max(read, (bytes * queries) / COMPARE_SPEED);
}

/** How many queries of this length one slice takes. */
export function queriesPerSlice(stride: number): number {
  const fitting = Math.floor(QUERY_CACHE_BYTES / (stride * Float32Array.BYTES_PER_ELEMENT));
  return Math.max(3, Math.min(MAX_QUERIES, fitting - (fitting % 3)));
}

/** How many rows one slice takes so that it lasts about `us`, of a scan that lasts `ofUs`. */
export function rowsPerSlice(us: number, rows: number, ofUs: number): number {
  return ofUs > 0 ? Math.max(1, Math.min(MAX_ROWS, Math.floor((us * rows) / ofUs))) : MAX_ROWS;
}

/** Rows that a scan of this block compares; for a large bitmap an upper bound, which costs nothing to know. */
export function rowsOf({ count, first = 0, accepted, list }: ScanBlock): number {
  if (list) return list.length;
  if (!accepted || count - first > MAX_ROWS) return count - first;
  let rows = 0;
  const words = wordsOf(accepted, first, count);
  for (let n = 0; n < words.length; n++) rows += popcount(words[n]!);
  return rows;
}

/** A block's rows in pieces of about `size` rows; each has its own copy of its part of the bitmap or the list. */
export function* piecesOf(block: ScanBlock, size: number): Generator<SliceRows> {
  const { first: start = 0 } = block;
  if (block.list) yield* piecesOfList(block.list, block.count, size);
  else if (block.accepted) yield* piecesOfBitmap(block.accepted, start, block.count, size);
  else {
    for (let first = start; first < block.count; first += size) {
      yield { kind: "range", first, count: Math.min(size, block.count - first) };
    }
  }
}

function* piecesOfList(list: Uint32Array, count: number, size: number): Generator<SliceRows> {
  for (let from = 0; from < list.length; from += size) {
    const piece = list.slice(from, from + size);
    for (let n = 0; n < piece.length; n++) {
      if (piece[n]! >= count) throw new RangeError(`expected listed rows below ${count}, got ${piece[n]}`);
    }
    yield { kind: "list", list: piece };
  }
}

function* piecesOfBitmap(accepted: Uint8Array, start: number, count: number, size: number): Generator<SliceRows> {
  const words = wordsOf(accepted, start, count);
  const firstOfAll = start - (start % 32);
  for (let from = 0; from < words.length; ) {
    let rows = 0;
    let end = from;
    while (end < words.length && rows < size && end - from < MAX_ROWS / 32) rows += popcount(words[end++]!);
    if (rows > 0) yield { kind: "bits", first: firstOfAll + from * 32, bits: words.slice(from, end) };
    from = end;
  }
}

/** A copy of the bits from row `first`, or the up to 31 before it, up to row `count`; those of rows beyond are not set. */
function wordsOf(accepted: Uint8Array, first: number, count: number): Uint32Array {
  const from = first >> 5;
  const words = new Uint32Array(Math.max(0, Math.ceil(count / 32) - from));
  new Uint8Array(words.buffer).set(accepted.subarray(from * 4, Math.ceil(count / 8)));
  if (words.length === 0) return words;
  words[0]! &= -1 << (first % 32);
  if (count % 32 > 0) words[words.length - 1]! &= 2 ** (count % 32) - 1;
  return words;
}
