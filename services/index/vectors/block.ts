import { SharedRows } from "../kernel/shared-rows.ts";
import { type Attributes, CODE_COLUMNS, type CodeColumn, NUMBER_COLUMNS, type NumberColumn } from "./attributes.ts";
import { bitmapBytes, SharedBitmap } from "./bitmap.ts";

const NO_CODES: readonly number[] = [];
/** Estimate of one id: its string, its place in the block's list, its entry in the id map. */
const ID_BYTES = 96;

/** A row that is to be appended, or was read. */
export interface Row extends Attributes {
  vector: Float32Array;
}

/** Rows in one piece of shared memory with the columns beside them: appended to, never moved, never changed. */
export class Block {
  /** Number of the block's first row in the index. */
  readonly first: number;
  readonly capacity: number;
  readonly rows: SharedRows;
  readonly itemIds: string[] = [];
  readonly codes: Record<CodeColumn, Int32Array>;
  readonly numbers: Record<NumberColumn, Float64Array>;
  /** The live ones among the rows; a bit for each. */
  readonly alive: SharedBitmap;
  /** Tags by row; most rows share few different lists, none at all the most common one. */
  readonly #tags: (readonly number[])[] = [];
  #tagCount = 0;

  constructor({ first, capacity, dimensions }: { first: number; capacity: number; dimensions: number }) {
    this.first = first;
    this.capacity = capacity;
    this.rows = new SharedRows({ dimensions, capacity });
    this.codes = columns(CODE_COLUMNS, () => new Int32Array(capacity));
    this.numbers = columns(NUMBER_COLUMNS, () => new Float64Array(capacity));
    this.alive = new SharedBitmap(capacity);
  }

  /** Rows in use, dead ones included. */
  get count(): number {
    return this.itemIds.length;
  }

  get full(): boolean {
    return this.count === this.capacity;
  }

  /** Append a row and return its number in the block. */
  append(item: Attributes, vector: Float32Array): number {
    const row = this.count;
    this.rows.set(row, vector);
    this.#appendColumns(row, item);
    this.alive.append(row);
    return row;
  }

  /** Append the columns of a row whose vector comes later. */
  restore(item: Attributes, isAlive: boolean): number {
    const row = this.count;
    this.#appendColumns(row, item);
    if (isAlive) this.alive.append(row);
    return row;
  }

  tags(row: number): readonly number[] {
    return this.#tags[row]!;
  }

  attributes(row: number): Attributes {
    const price = this.numbers.price[row]!;
    return {
      itemId: this.itemIds[row]!,
      owner: this.codes.owner[row]!,
      category: this.codes.category[row]!,
      colour: this.codes.colour[row]!,
      tags: this.tags(row),
      price: Number.isNaN(price) ? undefined : price,
    };
  }

  /** Taken from the machine, the codes of the rows included; the rest of the block is only reserved. */
  get vectorBytes(): number {
    return this.count * this.rows.rowBytes;
  }

  get columnBytes(): number {
    const aRow = CODE_COLUMNS.length * 4 + NUMBER_COLUMNS.length * 8;
    return this.capacity * aRow + bitmapBytes(this.capacity) + this.count * 8 + this.#tagCount * 8;
  }

  get idBytes(): number {
    return this.count * ID_BYTES;
  }

  #appendColumns(row: number, item: Attributes): void {
    this.itemIds.push(item.itemId);
    for (const name of CODE_COLUMNS) this.codes[name][row] = item[name];
    for (const name of NUMBER_COLUMNS) this.numbers[name][row] = item[name] ?? Number.NaN;
    const tags = item.tags ?? NO_CODES;
    this.#tags.push(tags.length === 0 ? NO_CODES : [...new Set(tags)]);
    this.#tagCount += tags.length;
  }
}

function columns<Name extends string, Column>(names: readonly Name[], make: () => Column): Record<Name, Column> {
  return Object.fromEntries(names.map((name) => [name, make()])) as Record<Name, Column>;
}
