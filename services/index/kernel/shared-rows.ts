import { ROW_ALIGN_BYTES } from "./scan-module.ts";

const PAGE_BYTES = 65536;
/** Rows begin where a line of the cache does; what is between them stays zero and adds nothing. */
const ALIGN_FLOATS = ROW_ALIGN_BYTES / Float32Array.BYTES_PER_ELEMENT;
/** A block beyond this would not leave room for anything else in 32 bits of address. */
const MAX_BYTES = 2 ** 31;

let lastId = 0;

export interface SharedRowsOptions {
  /** Values a row, 1 or more. */
  dimensions: number;
  /** Rows, 1 or more; their memory is reserved now and taken from the machine as rows are written. */
  capacity: number;
}

/** A block of float32 rows in memory that all threads of the process see; rows are numbered from 0. */
export class SharedRows {
  readonly dimensions: number;
  readonly capacity: number;
  /** Bytes reserved. */
  readonly bytes: number;
  /** Unique in the process. */
  readonly id: number;
  /** Floats from one row to the next. */
  readonly stride: number;
  readonly memory: WebAssembly.Memory;
  readonly #floats: Float32Array;

  /** @throws RangeError if the block would be larger than 2 GiB, or the machine has no room for it. */
  constructor({ dimensions, capacity }: SharedRowsOptions) {
    for (const [name, value] of Object.entries({ dimensions, capacity })) {
      if (!Number.isInteger(value) || value < 1) throw new RangeError(`expected ${name} of 1 or more, got ${value}`);
    }
    this.dimensions = dimensions;
    this.capacity = capacity;
    this.stride = Math.ceil(dimensions / ALIGN_FLOATS) * ALIGN_FLOATS;
    const pages = Math.ceil((this.stride * capacity * Float32Array.BYTES_PER_ELEMENT) / PAGE_BYTES);
    this.bytes = pages * PAGE_BYTES;
    if (this.bytes > MAX_BYTES) {
      throw new RangeError(`expected a block of at most ${MAX_BYTES} bytes, got ${this.bytes}: use several`);
    }
    this.memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
    this.#floats = new Float32Array(this.memory.buffer);
    this.id = ++lastId;
  }

  /** Copy a vector of `dimensions` values in. */
  set(row: number, vector: Float32Array): void {
    if (vector.length !== this.dimensions) {
      throw new RangeError(`expected ${this.dimensions} dimensions, got ${vector.length}`);
    }
    this.#floats.set(vector, this.#at(row));
  }

  /** The row itself, not a copy. */
  get(row: number): Float32Array {
    const at = this.#at(row);
    return this.#floats.subarray(at, at + this.dimensions);
  }

  #at(row: number): number {
    if (!(row >= 0 && row < this.capacity)) {
      throw new RangeError(`expected a row below ${this.capacity}, got ${row}`);
    }
    return row * this.stride;
  }
}
