import type { SliceRows } from "./kernel.ts";
import type { ScanBlock } from "./scan.ts";
import { MAX_QUERIES, MAX_ROWS } from "./scan-module.ts";

/** Queries of one slice together, so that they stay in a processor's second cache while the rows pass. */
const QUERY_CACHE_BYTES = 2 ** 18;
/** Bytes a microsecond, measured: rows come from memory that fast, and are compared with each query that fast. */
const READ_SPEED = 30_000;
const COMPARE_SPEED = 80_000;
/** Rows of this many bytes stay in a processor's last cache between two scans, and come from there twice as fast. */
const CACHE_BYTES = 2 ** 22;

/** About how long one thread needs, in microseconds; the order of magnitude is what matters. */
export function estimateUs(rows: number, stride: number, queries: number): number {
  const bytes = rows * stride * Float32Array.BYTES_PER_ELEMENT;
  const read = bytes / (bytes > CACHE_BYTES ? READ_SPEED : 2 * READ_SPEED);
  return Math.max(read, (bytes * queries) / COMPARE_SPEED);
}

/** How many queries of this length one slice takes. */
export function queriesPerSlice(stride: number): number {
  const fitting = Math.floor(QUERY_CACHE_BYTES / (stride * Float32Array.BYTES_PER_ELEMENT));
  return Math.max(3, Math.min(MAX_QUERIES, fitting - (fitting % 3)));
}

/** How many rows one slice takes so that it lasts about `us`. */
export function rowsPerSlice(us: number, stride: number, queries: number): number {
  return Math.max(1, Math.min(MAX_ROWS, Math.floor(us / estimateUs(1, stride, queries))));
}

/** Rows that a scan of this block compares; for a large bitmap an upper bound, which costs nothing to know. */
export function rowsOf({ count, first = 0, accepted, list }: ScanBlock): number {
  if (list) return list.length;
  if (!accepted || count - first > MAX_ROWS) return count - first;
  let rows = 0;
  for (let byte = first >> 3; byte < Math.ceil(count / 8); byte++) rows += BITS[accepted[byte]!]!;
  return Math.min(rows, count - first);
}

const BITS = Uint8Array.from({ length: 256 }, (_, byte) => byte.toString(2).replaceAll("0", "").length);

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
    const piece = Uint32Array.from(list.subarray(from, from + size));
    const wrong = piece.find((row) => row >= count);
    if (wrong !== undefined) throw new RangeError(`expected listed rows below ${count}, got ${wrong}`);
    yield { kind: "list", list: piece };
  }
}

function* piecesOfBitmap(accepted: Uint8Array, start: number, count: number, size: number): Generator<SliceRows> {
  const bytes = Math.ceil(count / 8);
  for (let from = start >> 3; from < bytes; ) {
    let rows = 0;
    let end = from;
    while (end < bytes && rows < size && end - from < MAX_ROWS / 8) rows += BITS[accepted[end++]!]!;
    if (rows > 0) {
      const bits = Uint8Array.from(accepted.subarray(from, end));
      if (from * 8 < start) bits[0]! &= 0xff << (start % 8);
      if (end * 8 > count) bits[bits.length - 1]! &= (1 << (count % 8)) - 1;
      yield { kind: "bits", first: from * 8, bits };
    }
    from = end;
  }
}
