import type { ScanBlock, ScanRequest } from "./scan.ts";
import { estimateUs, queriesPerSlice, rowsOf } from "./slices.ts";

/** What a scan is about. */
export interface ScanSize {
  dimensions: number;
  /** Floats from one row to the next. */
  stride: number;
  queries: number;
  /** Rows that are compared with each query. */
  rows: number;
  /** About how long one thread needs for all of it. */
  estimatedUs: number;
}

/** @throws RangeError if the request does not fit together */
export function sizeOf(request: ScanRequest): ScanSize {
  check(request);
  const { blocks, k } = request;
  const [first] = blocks;
  const { dimensions = 1, stride = 1 } = first?.rows ?? {};
  const queries = first ? request.queries.length / dimensions : 0;
  let rows = 0;
  for (const block of blocks) rows += rowsOf(block);
  const coded = queries === 1 && first?.rows.codes !== undefined;
  const estimatedUs = estimateUs({ rows, stride, queries, k: coded ? k : undefined });
  return { dimensions, stride, queries, rows, estimatedUs };
}

/** Each block with the number of its first row: its own, or as if the blocks lay one behind the other. */
export function numbered(blocks: readonly ScanBlock[]): { block: ScanBlock; base: number }[] {
  let behind = 0;
  return blocks.map((block) => {
    const base = block.base ?? behind;
    behind += block.rows.capacity;
    return { block, base };
  });
}

/** Some of a scan's queries, those that a slice takes. */
export interface Tile {
  id: number;
  firstQuery: number;
  count: number;
  /** `[count, dimensions]` */
  values: Float32Array;
}

let lastQueriesId = 0;

/** The queries as slices take them: in memory that threads share, as they are now, or a part of the request's own. */
export function tilesOf(
  { queries }: Pick<ScanRequest, "queries">,
  { dimensions, stride, queries: count }: ScanSize,
  { shared }: { shared: boolean },
): Tile[] {
  const size = queriesPerSlice(stride);
  const tiles: Tile[] = [];
  for (let firstQuery = 0; firstQuery < count; firstQuery += size) {
    const taken = Math.min(size, count - firstQuery);
    const own =
      taken === count ? queries : queries.subarray(firstQuery * dimensions, (firstQuery + taken) * dimensions);
    tiles.push({ id: ++lastQueriesId, firstQuery, count: taken, values: shared ? inSharedMemory(own) : own });
  }
  return tiles;
}

function inSharedMemory(values: Float32Array): Float32Array {
  const shared = new Float32Array(new SharedArrayBuffer(values.byteLength));
  shared.set(values);
  return shared;
}

function check({ blocks, queries, k }: ScanRequest): void {
  if (!Number.isInteger(k) || k < 1) throw new RangeError(`expected k of 1 or more, got ${k}`);
  const dimensions = blocks[0]?.rows.dimensions ?? 1;
  if (queries.length % dimensions !== 0) {
    throw new RangeError(`expected queries of ${dimensions} dimensions, got ${queries.length} values`);
  }
  for (const { rows, count, first = 0, accepted, list } of blocks) {
    if (rows.dimensions !== dimensions) {
      throw new RangeError(`expected blocks of ${dimensions} dimensions, got one of ${rows.dimensions}`);
    }
    if (!Number.isInteger(count) || count < 0 || count > rows.capacity) {
      throw new RangeError(`expected a count of 0 to ${rows.capacity}, got ${count}`);
    }
    if (!Number.isInteger(first) || first < 0 || first > count) {
      throw new RangeError(`expected a first row of 0 to ${count}, got ${first}`);
    }
    if (list && first > 0) throw new RangeError("expected a first row or a list of rows, got both");
    if (accepted && list) throw new RangeError("expected a bitmap or a list of rows, got both");
    if (accepted && accepted.length * 8 < count) {
      throw new RangeError(`expected a bitmap of ${count} bits or more, got ${accepted.length * 8}`);
    }
  }
}
