import { ROWS_AT_ONCE } from "./bounds-module.ts";
import { type CodeView, codeBytes, writeCode } from "./codes.ts";
import type { BlockHandle } from "./kernel.ts";
import { ROW_ALIGN_BYTES } from "./scan-module.ts";
import { sharedMemory, wholePages } from "./shared-memory.ts";
import { SKETCH_BYTES, Sketches } from "./sketches.ts";

/** Rows begin where a line of the cache does; what is between them stays zero and adds nothing. */
const ALIGN_FLOATS = ROW_ALIGN_BYTES / Float32Array.BYTES_PER_ELEMENT;
/** A block beyond this would not leave room for anything else in 32 bits of address. */
const MAX_BYTES = 2 ** 31;

/** Rows of fewer values are compared as fast as their codes would be. */
const LEAST_CODED = 64;

/** Codes of fewer values are not much longer than sketches. */
const LEAST_SKETCHED = 192;

let lastId = 0;

export interface SharedRowsOptions {
  /** Values a row, 1 or more. */
  dimensions: number;
  /** Rows, 1 or more; their memory is reserved now and taken from the machine as rows are written. */
  capacity: number;
  /** Whether rows have codes. Default: where they are worth it, from 64 dimensions on. */
  coded?: boolean;
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
  /** The rows' codes, where they are worth it: see `writeCode`. */
  readonly codes: WebAssembly.Memory | undefined;
  /** Only with codes, and from 192 values on. */
  readonly sketches: Sketches | undefined;
  readonly #floats: Float32Array;
  readonly #codes: CodeView | undefined;

  /** @throws RangeError if the block would be larger than 2 GiB, or the machine has no room for it. */
  constructor({ dimensions, capacity, coded = dimensions >= LEAST_CODED }: SharedRowsOptions) {
    for (const [name, value] of Object.entries({ dimensions, capacity })) {
      if (!Number.isInteger(value) || value < 1) throw new RangeError(`expected ${name} of 1 or more, got ${value}`);
    }
    this.dimensions = dimensions;
    this.capacity = capacity;
    this.stride = Math.ceil(dimensions / ALIGN_FLOATS) * ALIGN_FLOATS;
    this.bytes = wholePages(this.stride * capacity * Float32Array.BYTES_PER_ELEMENT);
    if (this.bytes > MAX_BYTES) {
      throw new RangeError(`expected a block of at most ${MAX_BYTES} bytes, got ${this.bytes}: use several`);
    }
    this.memory = sharedMemory(this.bytes);
    this.#floats = new Float32Array(this.memory.buffer);
    if (coded) {
      // A scan may read the codes of a few rows behind the last one.
      this.codes = sharedMemory(codeBytes(this.stride) * (capacity + ROWS_AT_ONCE));
      const { buffer } = this.codes;
      this.#codes = {
        bytes: new Int8Array(buffer),
        integers: new Int32Array(buffer),
        floats: new Float32Array(buffer),
      };
      if (dimensions >= LEAST_SKETCHED) this.sketches = new Sketches({ stride: this.stride, capacity });
    }
    this.id = ++lastId;
  }

  /** What a kernel needs to compare the rows. */
  get handle(): BlockHandle {
    const { id, memory, codes, sketches, stride } = this;
    return { id, memory, codes, sketches: sketches?.handle, stride };
  }

  /** Copy a vector of `dimensions` values in. */
  set(row: number, vector: Float32Array): void {
    if (vector.length !== this.dimensions) {
      throw new RangeError(`expected ${this.dimensions} dimensions, got ${vector.length}`);
    }
    this.#floats.set(vector, this.#at(row));
    this.#code(row, vector);
  }

  /** Bytes of one row, its code and its sketch included. */
  get rowBytes(): number {
    const codes = this.codes ? codeBytes(this.stride) : 0;
    return this.stride * Float32Array.BYTES_PER_ELEMENT + codes + (this.sketches ? SKETCH_BYTES : 0);
  }

  /** Make the code of a row that was written to the memory itself, not by {@link set}; before that no scan may see it. */
  written(row: number): void {
    this.#code(row, this.get(row));
  }

  /** The row itself, not a copy. */
  get(row: number): Float32Array {
    const at = this.#at(row);
    return this.#floats.subarray(at, at + this.dimensions);
  }

  #code(row: number, vector: Float32Array): void {
    if (this.#codes) writeCode(this.#codes, row * codeBytes(this.stride), vector, this.stride);
    // Those that come out of order are sketched later, by who gave the axes.
    if (this.sketches?.turned && this.sketches.rows === row) this.sketches.append(vector);
  }

  #at(row: number): number {
    if (!(row >= 0 && row < this.capacity)) {
      throw new RangeError(`expected a row below ${this.capacity}, got ${row}`);
    }
    return row * this.stride;
  }
}
