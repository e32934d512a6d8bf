import { createKernel, ROWS } from "./kernel.ts";
import type { PackedWeights } from "./packed-weights.ts";

/** Rows of interleaved RGB in the kernel's memory. */
export interface Rows {
  at: number;
  /** Bytes of a row's pixels, and from one row to the next. */
  length: number;
  stride: number;
}

/** Weights in the kernel's memory. */
export interface Weights extends PackedWeights {
  at: number;
}

/** The kernel reads and writes up to so many bytes behind the end of a row. */
const OVERHANG = 16;
const PAGE_BYTES = 2 ** 16;

/** The kernel and its memory, which is laid out anew for each photo. */
export class KernelMemory {
  readonly #kernel = createKernel();
  #end = 0;

  /** How large it is; it never shrinks. */
  get bytes(): number {
    return this.#kernel.memory.buffer.byteLength;
  }

  /** Forgets all rows and weights. */
  clear(): void {
    this.#end = 0;
  }

  /** Room for rows; without a gap between them they can be filled as one, but not be a target. */
  rows(count: number, length: number, gap = OVERHANG): Rows {
    const stride = length + gap;
    return { at: this.#take((count + ROWS - 1) * stride + OVERHANG), length, stride };
  }

  weights(packed: PackedWeights): Weights {
    const at = this.#take(packed.words.byteLength);
    new Int32Array(this.#kernel.memory.buffer, at).set(packed.words);
    return { ...packed, at };
  }

  /** The pixels of one row. */
  row({ at, length, stride }: Rows, row: number): Uint8Array {
    return new Uint8Array(this.#kernel.memory.buffer, at + row * stride, length);
  }

  /** Rows without a gap, as one. */
  bytesOf({ at, length }: Rows, count: number): Uint8Array {
    return new Uint8Array(this.#kernel.memory.buffer, at, count * length);
  }

  /** `count` rows → the rows from `first`, with as many pixels as there are weights; up to three behind them are spoilt. */
  across(from: Rows, to: Rows, first: number, count: number, { at, words, each }: Weights): void {
    for (let row = 0; row < count; row += ROWS) {
      const source = from.at + row * from.stride;
      const target = to.at + (first + row) * to.stride;
      this.#kernel.across(source, from.stride, target, to.stride, at, at + words.byteLength, each - 4);
    }
  }

  /** The rows from `first`, weighed for the target pixel `line` → row `row`. */
  down(from: Rows, first: number, to: Rows, row: number, { at, each }: Weights, line: number): void {
    const [source, target, weights] = [from.at + first * from.stride, to.at + row * to.stride, at + line * each];
    this.#kernel.down(source, from.stride, target, target + to.length, weights, weights + each);
  }

  #take(bytes: number): number {
    const at = this.#end;
    this.#end += Math.ceil(bytes / 16) * 16;
    const missing = this.#end - this.bytes;
    if (missing > 0) this.#kernel.memory.grow(Math.ceil(missing / PAGE_BYTES));
    return at;
  }
}
