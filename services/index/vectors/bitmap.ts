import { popcount } from "../kernel/popcount.ts";

/** Bytes of a bitmap over so many rows; whole words, so that it can be read as Uint32Array. */
export function bitmapBytes(rows: number): number {
  return Math.ceil(rows / 32) * 4;
}

/** Bit of a row, least significant first. */
export function hasBit(bits: Uint8Array, row: number): boolean {
  return (bits[row >> 3]! & (1 << (row & 7))) !== 0;
}

export function setBit(bits: Uint8Array, row: number): void {
  bits[row >> 3]! |= 1 << (row & 7);
}

export function clearBit(bits: Uint8Array, row: number): void {
  bits[row >> 3]! &= ~(1 << (row & 7));
}

/** A bitmap as words: it must begin at a multiple of 4 bytes and have whole words. */
export function words(bits: Uint8Array): Uint32Array {
  return new Uint32Array(bits.buffer, bits.byteOffset, bits.byteLength >> 2);
}

/** Set bits among the first `rows`. */
export function countBits(bits: Uint8Array, rows: number): number {
  const all = words(bits);
  const whole = rows >> 5;
  let count = 0;
  for (let at = 0; at < whole; at++) count += popcount(all[at]!);
  const rest = rows & 31;
  return rest === 0 ? count : count + popcount(all[whole]! & (2 ** rest - 1));
}

/** Call `visit` for every set bit among the first `rows`, ascending. */
export function eachBit(bits: Uint8Array, rows: number, visit: (row: number) => void): void {
  const all = words(bits);
  const end = Math.ceil(rows / 32);
  for (let at = 0; at < end; at++) {
    let word = all[at]!;
    while (word !== 0) {
      const row = at * 32 + 31 - Math.clz32(word & -word);
      if (row >= rows) return;
      visit(row);
      word &= word - 1;
    }
  }
}

/**
 * A bitmap that searches may hold while it changes: once handed out, a bit is cleared in a copy. Bits of new rows are set
 * in place: they lie beyond the count that a search holds with the bitmap.
 */
export class SharedBitmap {
  #bits: Uint8Array;
  #held = false;

  constructor(rows: number, bits = new Uint8Array(bitmapBytes(rows))) {
    if (bits.length !== bitmapBytes(rows))
      throw new RangeError(`expected ${bitmapBytes(rows)} bytes, got ${bits.length}`);
    this.#bits = bits;
  }

  get byteLength(): number {
    return this.#bits.byteLength;
  }

  has(row: number): boolean {
    return hasBit(this.#bits, row);
  }

  /** For a row that no search holds yet. */
  append(row: number): void {
    setBit(this.#bits, row);
  }

  clear(row: number): void {
    if (this.#held) {
      this.#bits = this.#bits.slice();
      this.#held = false;
    }
    clearBit(this.#bits, row);
  }

  /** The bits as they are now and stay: not to be written to. */
  hold(): Uint8Array {
    this.#held = true;
    return this.#bits;
  }
}
