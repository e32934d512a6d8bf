import { join } from "node:path";
import type { Block } from "../block.ts";
import type { HeldGraph } from "../held-graph.ts";
import { lowerBound } from "../postings.ts";
import { type Cut, RowSet } from "../row-set.ts";
import { Slices } from "../slices.ts";
import { CHUNK_BYTES, checkFile, type FileSum, readChecked, readWhole, sumFile, writeChecked } from "./checked-file.ts";
import { decodeColumns, encodeColumns } from "./columns.ts";
import { CorruptSnapshotError } from "./errors.ts";
import type { Files } from "./files.ts";
import type { IndexManifest } from "./manifest.ts";
import { decodeStrings, encodeStrings } from "./string-list.ts";

/** Rows between two looks at the clock. */
const STRIDE = 64;

/** Write one index into its folder; the sums of its files by name. */
export async function writeIndex(
  files: Files,
  folder: string,
  cut: Cut,
  held: HeldGraph | undefined,
): Promise<Record<string, FileSum>> {
  await files.mkdir(folder);
  const sums: Record<string, FileSum> = {
    columns: await writeChecked(files, join(folder, "columns"), encodeColumns(cut)),
    ids: await writeChecked(files, join(folder, "ids"), encodeStrings(itemIdsOf(cut))),
    vectors: await writeChecked(files, join(folder, "vectors"), vectorBytes(cut)),
  };
  if (held) {
    const path = join(folder, "graph");
    await held.graph.write(path);
    sums.graph = await sumFile(files, path);
  }
  await files.sync(folder);
  return sums;
}

/**
 * Read the rows of one index; its vectors come straight into shared memory.
 * @throws {CorruptSnapshotError}
 */
export async function readRows(
  files: Files,
  folder: string,
  index: IndexManifest,
  sumOf: (file: string) => FileSum,
): Promise<RowSet> {
  const rows = new RowSet({ dimensions: index.dimensions, expectedRows: index.rows });
  const columns = await readWhole(files, join(folder, "columns"), sumOf("columns"));
  const ids = await readWhole(files, join(folder, "ids"), sumOf("ids"));
  const slices = new Slices();
  let row = 0;
  for (const { item, alive } of decodeColumns(columns, decodeStrings(ids, index.rows, "ids"), "columns")) {
    if (alive && rows.rowOf(item.itemId) !== undefined) {
      throw new CorruptSnapshotError(`columns: item ${item.itemId} has two rows`);
    }
    rows.restore(item, alive);
    if (++row % STRIDE === 0 && slices.over) await slices.pause();
  }
  if (rows.live !== index.live) {
    throw new CorruptSnapshotError(`columns: expected ${index.live} live rows, got ${rows.live}`);
  }
  const strides = new Set(rows.blocks.map((block) => block.rows.stride));
  if (rows.rows > 0 && (strides.size !== 1 || !strides.has(index.stride))) {
    throw new CorruptSnapshotError(`vectors: expected ${[...strides]} floats a row, got ${index.stride}`);
  }
  const bytesOfRow = index.stride * Float32Array.BYTES_PER_ELEMENT;
  const sum = sumOf("vectors");
  if (sum.bytes !== index.rows * bytesOfRow) {
    throw new CorruptSnapshotError(`vectors: expected ${index.rows * bytesOfRow} bytes, got ${sum.bytes}`);
  }
  const firsts = rows.blocks.map((block) => block.first * bytesOfRow);
  await readChecked(files, join(folder, "vectors"), sum, (at, length) => {
    const place = lowerBound(firsts, at + 1) - 1;
    const from = at - firsts[place]!;
    const all = bytesOf(rows.blocks[place]!, bytesOfRow);
    return all.subarray(from, from + length);
  });
  for (const { rows: shared, count } of rows.blocks) {
    for (let n = 0; n < count; n++) {
      shared.written(n);
      if (n % STRIDE === 0 && slices.over) await slices.pause();
    }
  }
  return rows;
}

/** Check the file of a graph before its engine opens it. */
export async function checkGraph(files: Files, folder: string, sum: FileSum): Promise<string> {
  const path = join(folder, "graph");
  await checkFile(files, path, sum);
  return path;
}

function* itemIdsOf({ blocks }: Cut): Generator<string> {
  for (const { block, count } of blocks) for (let row = 0; row < count; row++) yield block.itemIds[row]!;
}

function* vectorBytes({ blocks }: Cut): Generator<Uint8Array> {
  for (const { block, count } of blocks) {
    const end = count * block.rows.stride * Float32Array.BYTES_PER_ELEMENT;
    for (let at = 0; at < end; at += CHUNK_BYTES) {
      yield new Uint8Array(block.rows.memory.buffer, at, Math.min(CHUNK_BYTES, end - at));
    }
  }
}

/** The memory of a block's rows in use. */
function bytesOf(block: Block, bytesOfRow: number): Uint8Array {
  return new Uint8Array(block.rows.memory.buffer, 0, block.count * bytesOfRow);
}
