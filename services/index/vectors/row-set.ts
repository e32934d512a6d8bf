import type { Rotation } from "../kernel/rotation.ts";
import type { Attributes } from "./attributes.ts";
import { Block } from "./block.ts";
import { IdMap } from "./id-map.ts";
import { Postings } from "./postings.ts";

/** Largest block. */
const BLOCK_BYTES = 2 ** 28;
/** Smallest block, in rows: an index of a few items should not hold megabytes. */
const FIRST_ROWS = 1024;

export interface RowSetOptions {
  /** Values of a vector, 1 or more. */
  dimensions: number;
  /** Rows to come, as far as known: fewer, larger blocks. */
  expectedRows?: number;
  /** Rows of every block. Default: as many as there are already, from 1,024 up to 256 MiB of vectors. */
  blockRows?: number;
  /** Axes of the rows' sketches, where they are known. */
  rotation?: Rotation | undefined;
}

/** A part of a {@link Cut}. */
export interface CutBlock {
  block: Block;
  /** Rows that belong to the cut. */
  count: number;
  /** Rows that live at the cut; not to be written to. */
  alive: Uint8Array;
}

/** The rows as they were at one moment; stays what it is while rows are added and removed. */
export interface Cut {
  blocks: readonly CutBlock[];
  /** Number of each block's first row. */
  firsts: readonly number[];
  /** Rows, dead ones included. */
  rows: number;
  live: number;
  /** Of the rows that it was taken from. */
  version: number;
}

let lastVersion = 0;

/** Numbered rows, appended and marked dead; which item has which row, and which rows have which code. */
export class RowSet {
  readonly dimensions: number;
  readonly postings: Postings;
  readonly #blockRows: number | undefined;
  readonly #ids = new IdMap();
  #rotation: Rotation | undefined;
  #expectedRows: number;
  #blocks: Block[] = [];
  #rows = 0;
  #version = ++lastVersion;
  #cut: Cut | undefined;

  constructor({ dimensions, expectedRows = 0, blockRows, rotation }: RowSetOptions) {
    if (!Number.isInteger(dimensions) || dimensions < 1) {
      throw new RangeError(`expected dimensions of 1 or more, got ${dimensions}`);
    }
    this.dimensions = dimensions;
    this.#expectedRows = expectedRows;
    this.#blockRows = blockRows;
    this.#rotation = rotation;
    this.postings = new Postings((index) => this.#blocks[index]!);
  }

  /** Rows, dead ones included. */
  get rows(): number {
    return this.#rows;
  }

  /** Another number after each change, and in each set of rows. */
  get version(): number {
    return this.#version;
  }

  get live(): number {
    return this.#ids.size;
  }

  get dead(): number {
    return this.#rows - this.live;
  }

  get blocks(): readonly Block[] {
    return this.#blocks;
  }

  rowOf(itemId: string): number | undefined {
    return this.#ids.get(itemId);
  }

  /** The block that has a row. */
  blockOf(row: number): Block {
    return this.#blocks[this.blockIndex(row)]!;
  }

  /** Which of the blocks has a row. */
  blockIndex(row: number): number {
    let low = 0;
    let high = this.#blocks.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.#blocks[middle]!.first <= row) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /**
   * Append a row.
   * @throws RangeError if the item has a row, or the vector another length
   */
  add(item: Attributes, vector: Float32Array): number {
    if (vector.length !== this.dimensions) {
      throw new RangeError(`expected ${this.dimensions} dimensions, got ${vector.length}`);
    }
    if (this.#ids.get(item.itemId) !== undefined) {
      throw new RangeError(`item ${item.itemId} is there already: remove it first`);
    }
    const block = this.#blockWithRoom();
    return this.#enter(block, block.append(item, vector), item);
  }

  /** Append a row whose vector comes later; a dead one only keeps its number. */
  restore(item: Attributes, alive: boolean): void {
    const block = this.#blockWithRoom();
    const row = block.restore(item, alive);
    if (alive) this.#enter(block, row, item);
    else this.#count();
  }

  /** Mark an item's row dead; its number, or undefined if the item has none. */
  remove(itemId: string): number | undefined {
    const row = this.#ids.take(itemId);
    if (row === undefined) return undefined;
    const index = this.blockIndex(row);
    const block = this.#blocks[index]!;
    const local = row - block.first;
    block.alive.clear(local);
    this.postings.remove(index, local);
    this.#version = ++lastVersion;
    return row;
  }

  /** Axes of the rows' sketches: those of rows that are added from now on, and by and by of all others. */
  get rotation(): Rotation | undefined {
    return this.#rotation;
  }

  /** @throws RangeError if there are some already */
  set rotation(rotation: Rotation) {
    if (this.#rotation) throw new RangeError("expected rows without axes, they have some");
    this.#rotation = rotation;
    for (const { rows } of this.#blocks) rows.sketches?.turn(rotation);
  }

  /** Whether every row has the sketch that it can have. */
  get sketched(): boolean {
    return this.#blocks.every(({ count, rows }) => !rows.sketches || rows.sketches.rows >= count);
  }

  /** Sketch the next row that was there before there were axes; false if there is none. */
  sketchNext(): boolean {
    for (const { count, rows } of this.#blocks) {
      if (!rows.sketches?.turned || rows.sketches.rows >= count) continue;
      rows.sketches.append(rows.get(rows.sketches.rows));
      return true;
    }
    return false;
  }

  /** The rows as they are now; the same one until they change. */
  cut(): Cut {
    if (this.#cut?.version !== this.#version) {
      this.#cut = {
        blocks: this.#blocks.map((block) => ({ block, count: block.count, alive: block.alive.hold() })),
        firsts: this.#blocks.map(({ first }) => first),
        rows: this.#rows,
        live: this.live,
        version: this.#version,
      };
    }
    return this.#cut;
  }

  /** The block of the next row, a new one if the last is full. */
  #blockWithRoom(): Block {
    const last = this.#blocks.at(-1);
    if (last && !last.full) return last;
    const block = new Block({ first: this.#rows, capacity: this.#nextCapacity(), dimensions: this.dimensions });
    if (this.#rotation) block.rows.sketches?.turn(this.#rotation);
    this.#blocks = [...this.#blocks, block];
    return block;
  }

  #enter(block: Block, local: number, item: Attributes): number {
    const row = block.first + local;
    this.#ids.add(item.itemId, row);
    this.#count();
    this.postings.add(this.#blocks.length - 1, local);
    return row;
  }

  #count(): void {
    this.#rows++;
    this.#version = ++lastVersion;
  }

  #nextCapacity(): number {
    if (this.#blockRows !== undefined) return this.#blockRows;
    const most = Math.max(1, Math.floor(BLOCK_BYTES / (Math.ceil(this.dimensions / 4) * 16)));
    const wanted = Math.max(FIRST_ROWS, this.#rows, this.#expectedRows - this.#rows);
    return Math.min(most, wanted);
  }
}
