import type { Attributes } from "./engine.ts";

/** Bytes of a row beside its vector: three codes, the price and the time of its death. */
const ROW_OVERHEAD_BYTES = 3 * 4 + 2 * 8;
const NO_TAGS: readonly number[] = [];

/** Bytes of one item: its vector and its attributes. */
export function rowBytes(dimensions: number): number {
  return dimensions * Float32Array.BYTES_PER_ELEMENT + ROW_OVERHEAD_BYTES;
}

/**
 * A fixed number of rows in contiguous memory, appended to and never moved.
 *
 * Rows die instead of going away: a row keeps the tick at which it died, so that a scan that began before still sees it.
 */
export class Segment {
  readonly capacity: number;
  readonly dimensions: number;
  readonly vectors: Float32Array;
  readonly itemIds: string[] = [];
  readonly owners: Int32Array;
  readonly categories: Int32Array;
  readonly colours: Int32Array;
  /** NaN: unknown. */
  readonly prices: Float64Array;
  readonly tags: (readonly number[])[] = [];
  /** Tick of each row's death; infinite while it lives. */
  readonly died: Float64Array;
  #dead = 0;

  constructor(dimensions: number, capacity: number) {
    this.capacity = capacity;
    this.dimensions = dimensions;
    this.vectors = new Float32Array(capacity * dimensions);
    this.owners = new Int32Array(capacity);
    this.categories = new Int32Array(capacity);
    this.colours = new Int32Array(capacity);
    this.prices = new Float64Array(capacity);
    this.died = new Float64Array(capacity).fill(Number.POSITIVE_INFINITY);
  }

  /** Rows in use, dead ones included. */
  get length(): number {
    return this.itemIds.length;
  }

  get full(): boolean {
    return this.length === this.capacity;
  }

  /** A full segment with more dead than living rows is worth moving together. */
  get sparse(): boolean {
    return this.full && this.#dead * 2 > this.capacity;
  }

  /** Allocated at once, whatever is in use. */
  get memoryBytes(): number {
    return this.capacity * rowBytes(this.dimensions);
  }

  /** Append a row and return its number. */
  append(item: Attributes, vector: Float32Array): number {
    const row = this.length;
    if (row === this.capacity) throw new RangeError(`segment is full with ${this.capacity} rows`);
    this.vectors.set(vector, row * this.dimensions);
    this.owners[row] = item.owner;
    this.categories[row] = item.category;
    this.colours[row] = item.colour;
    this.prices[row] = item.price ?? Number.NaN;
    this.tags.push(item.tags?.length ? item.tags : NO_TAGS);
    this.itemIds.push(item.itemId);
    return row;
  }

  kill(row: number, tick: number): void {
    this.died[row] = tick;
    this.#dead++;
  }

  isAlive(row: number): boolean {
    return this.died[row] === Number.POSITIVE_INFINITY;
  }

  attributes(row: number): Attributes {
    return {
      itemId: this.itemIds[row]!,
      owner: this.owners[row]!,
      category: this.categories[row]!,
      colour: this.colours[row]!,
      price: Number.isNaN(this.prices[row]) ? undefined : this.prices[row],
      tags: this.tags[row]!,
    };
  }

  vector(row: number): Float32Array {
    return this.vectors.subarray(row * this.dimensions, (row + 1) * this.dimensions);
  }
}
