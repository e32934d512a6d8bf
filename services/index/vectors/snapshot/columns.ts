import { type Attributes, CODE_COLUMNS, NUMBER_COLUMNS } from "../attributes.ts";
import { hasBit } from "../bitmap.ts";
import type { Cut } from "../row-set.ts";
import { Slices } from "../slices.ts";
import { CorruptSnapshotError } from "./errors.ts";

/** Bytes of a row beside its tags: a byte of life, the codes, the numbers, how many tags. */
const ROW_BYTES = 1 + CODE_COLUMNS.length * 4 + NUMBER_COLUMNS.length * 8 + 4;
/** Rows between two looks at the clock. */
const STRIDE = 512;

/** What lies beside the vectors of a cut, row by row, as parts of a file; little-endian. */
export async function* encodeColumns({ blocks }: Cut): AsyncGenerator<Uint8Array> {
  const slices = new Slices();
  for (const { block, count, alive } of blocks) {
    for (let first = 0; first < count; first += STRIDE) {
      const end = Math.min(count, first + STRIDE);
      let bytes = 0;
      for (let row = first; row < end; row++) bytes += ROW_BYTES + block.tags(row).length * 4;
      const view = new DataView(new ArrayBuffer(bytes));
      let at = 0;
      for (let row = first; row < end; row++) {
        view.setUint8(at, hasBit(alive, row) ? 1 : 0);
        at += 1;
        for (const name of CODE_COLUMNS) {
          view.setInt32(at, block.codes[name][row]!, true);
          at += 4;
        }
        for (const name of NUMBER_COLUMNS) {
          view.setFloat64(at, block.numbers[name][row]!, true);
          at += 8;
        }
        const tags = block.tags(row);
        view.setUint32(at, tags.length, true);
        at += 4;
        for (const code of tags) {
          view.setUint32(at, code, true);
          at += 4;
        }
      }
      yield new Uint8Array(view.buffer);
      if (slices.over) await slices.pause();
    }
  }
}

export interface RestoredRow {
  item: Attributes;
  alive: boolean;
}

/**
 * The rows of a file one after the other; each takes its id from `itemIds`.
 * @throws {CorruptSnapshotError} if the file does not have as many rows as there are ids
 */
export function* decodeColumns(
  bytes: Uint8Array<ArrayBuffer>,
  itemIds: Iterable<string>,
  what: string,
): Generator<RestoredRow> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  for (const itemId of itemIds) {
    if (at + ROW_BYTES > bytes.length) throw new CorruptSnapshotError(`${what}: ends before the row of ${itemId}`);
    const alive = view.getUint8(at) === 1;
    const [owner, category, colour] = CODE_COLUMNS.map((_, n) => view.getInt32(at + 1 + n * 4, true));
    at += 1 + CODE_COLUMNS.length * 4;
    const price = view.getFloat64(at, true);
    const tagCount = view.getUint32(at + 8, true);
    at += 12;
    if (at + tagCount * 4 > bytes.length) throw new CorruptSnapshotError(`${what}: ends in the row of ${itemId}`);
    const tags =
      tagCount === 0 ? undefined : Array.from({ length: tagCount }, (_, n) => view.getUint32(at + n * 4, true));
    at += tagCount * 4;
    const item = {
      itemId,
      owner: owner!,
      category: category!,
      colour: colour!,
      tags,
      price: Number.isNaN(price) ? undefined : price,
    };
    yield { item, alive };
  }
  if (at !== bytes.length) throw new CorruptSnapshotError(`${what}: goes on after the last row`);
}
