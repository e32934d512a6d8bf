import type { CodedQuery } from "./codes.ts";
import { LIST_SPARE, MAX_ROWS, NUMBERS, QUERIES } from "./scan-module.ts";

const PAGE_BYTES = 65536;
const MAX_PAGES = 65536;

/** A query along the axes of a rotation. */
export interface SketchedQuery {
  /** The address of its code. */
  at: number;
  /** What bounds by sketches are computed with. */
  parameters: Float32Array;
}

/** The scratch memory of a thread, and views of it: a memory that grows leaves its old views empty. */
export class Scratch {
  readonly memory = new WebAssembly.Memory({ initial: QUERIES / PAGE_BYTES + 4, maximum: MAX_PAGES });
  bytes = new Uint8Array(this.memory.buffer);
  integers = new Uint32Array(this.memory.buffer);
  floats = new Float32Array(this.memory.buffer);
  /** The query whose code is behind the queries; nothing is known of it where there are no bounds for it. */
  coded: { queriesId: number; coded: CodedQuery | undefined } | undefined;

  /** The query along the axes that were last asked; nothing is known of it where there are no bounds for it. */
  sketched: { queriesId: number; rotation: number; query: SketchedQuery | undefined } | undefined;

  constructor() {
    for (let n = 0; n < MAX_ROWS + LIST_SPARE; n++) this.integers[NUMBERS / 4 + n] = n;
  }

  /** Have room up to this address. */
  reserve(bytes: number): void {
    const missing = Math.ceil((bytes - this.bytes.length) / PAGE_BYTES);
    if (missing <= 0) return;
    this.memory.grow(missing);
    this.bytes = new Uint8Array(this.memory.buffer);
    this.integers = new Uint32Array(this.memory.buffer);
    this.floats = new Float32Array(this.memory.buffer);
  }
}
