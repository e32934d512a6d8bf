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
  const words = wordsOf(accepted, first, count);
  const last = words.length - 1;
  let rows = 0;
  for (let n = 0; n <= last; n++) rows += popcount(words[n]! & within(n, last, first, count));
  return rows;
}

/** A block's rows, at once where one slice takes them, and then not copied: for who needs them only now. */
export function rowsHere(block: ScanBlock): Iterable<SliceRows> {
  const { first = 0, count, list, accepted } = block;
  if (list && list.length > 0 && list.length <= MAX_ROWS) return [listOf(list, block)];
  if (!list && !accepted && count > first && count - first <= MAX_ROWS) {
    return [{ kind: "range", first, count: count - first }];
  }
  if (accepted && count - first <= MAX_ROWS - 32) {
    // All of a bitmap, however many bits are set.
    const words = wordsOf(accepted, first, count);
    return [bitsOf(words, { from: 0, end: words.length }, first, count)];
  }
  return piecesOf(block, MAX_ROWS);
}

/** A block's rows in pieces of about `size` rows; each has its own copy of its part of the bitmap or the list. */
export function* piecesOf(block: ScanBlock, size: number): Generator<SliceRows> {
  const { first: start = 0 } = block;
  if (block.list) yield* piecesOfList(block.list, block, size);
  else if (block.accepted) yield* piecesOfBitmap(block.accepted, start, block.count, size);
  else {
    for (let first = start; first < block.count; first += size) {
      yield { kind: "range", first, count: Math.min(size, block.count - first) };
    }
  }
}

function* piecesOfList(list: Uint32Array, block: ScanBlock, size: number): Generator<SliceRows> {
  for (let from = 0; from < list.length; from += size) yield listOf(list.slice(from, from + size), block);
}

/** All of it is below `count`; of rows that ascend the last one is. */
function listOf(list: Uint32Array, { count, ascending = false }: Pick<ScanBlock, "count" | "ascending">): SliceRows {
  for (let n = ascending ? list.length - 1 : 0; n < list.length; n++) {
    if (list[n]! >= count) throw new RangeError(`expected listed rows below ${count}, got ${list[n]}`);
  }
  return { kind: "list", list, ascending };
}

function* piecesOfBitmap(accepted: Uint8Array, first: number, count: number, size: number): Generator<SliceRows> {
  const words = wordsOf(accepted, first, count);
  const last = words.length - 1;
  for (let from = 0; from <= last; ) {
    let rows = 0;
    let end = from;
    while (end <= last && rows < size && end - from < MAX_ROWS / 32) {
      rows += popcount(words[end]! & within(end, last, first, count));
      end++;
    }
    if (rows > 0) yield bitsOf(words, { from, end }, first, count);
    from = end;
  }
}

/** A copy of some of these words, without bits of rows before `first` and from `count` on. */
function bitsOf(words: Uint32Array, part: { from: number; end: number }, first: number, count: number): SliceRows {
  const { from, end } = part;
  const last = words.length - 1;
  const bits = words.slice(from, end);
  if (bits.length > 0) {
    bits[0]! &= within(from, last, first, count);
    bits[bits.length - 1]! &= within(end - 1, last, first, count);
  }
  return { kind: "bits", first: first - (first % 32) + from * 32, bits };
}

/** The bitmap as words, from that of row `first` up to that of the last row before `count`; a copy only where it must be one. */
function wordsOf(accepted: Uint8Array, first: number, count: number): Uint32Array {
  const from = first >> 5;
  const length = Math.max(0, Math.ceil(count / 32) - from);
  const at = accepted.byteOffset + from * 4;
  if (at % 4 === 0 && (from + length) * 4 <= accepted.length) return new Uint32Array(accepted.buffer, at, length);
  const words = new Uint32Array(length);
  new Uint8Array(words.buffer).set(accepted.subarray(from * 4, Math.ceil(count / 8)));
  return words;
}

/** Of one of these words those bits that belong to rows from `first` on and before `count`. */
function within(word: number, last: number, first: number, count: number): number {
  const before = word === 0 ? first % 32 : 0;
  const behind = word === last ? -count & 31 : 0;
  return (-1 << before) & (-1 >>> behind);
}
