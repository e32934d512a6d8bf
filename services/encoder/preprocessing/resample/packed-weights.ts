import { FOUR_BYTES, LOW_BITS, PAIR_BYTES } from "./kernel.ts";
import type { Taps } from "./taps.ts";

/** Weights as the kernel reads them. */
export interface PackedWeights {
  /** By target pixel, `each` bytes. */
  words: Int32Array<ArrayBuffer>;
  each: number;
}

/** For `across`: the offset of the first source pixel, then its weights in fours. */
export function packAcross({ first, weights, room, most }: Taps): PackedWeights {
  const length = 1 + (Math.ceil(most / 4) * FOUR_BYTES) / 4;
  const words = new Int32Array(first.length * length);
  for (let i = 0; i < first.length; i++) {
    words[i * length] = (first[i] ?? 0) * 3;
    packPairs(weights, i * room, most, words, i * length + 1);
  }
  return { words, each: length * 4 };
}

/** For `down`: weights in pairs. */
export function packDown({ first, weights, room, most }: Taps): PackedWeights {
  const length = (Math.ceil(most / 2) * PAIR_BYTES) / 4;
  const words = new Int32Array(first.length * length);
  for (let i = 0; i < first.length; i++) packPairs(weights, i * room, most, words, i * length);
  return { words, each: length * 4 };
}

/** Of two weights the high parts, 16 bits each, then the low ones. */
function packPairs(weights: Int32Array, start: number, count: number, words: Int32Array, at: number): void {
  for (let i = 0; i < count; i += 2, at += 2) {
    const a = weights[start + i] ?? 0;
    const b = i + 1 < count ? (weights[start + i + 1] ?? 0) : 0;
    words[at] = ((a >> LOW_BITS) & 0xffff) | ((b >> LOW_BITS) << 16);
    words[at + 1] = (a & LOW_PART) | ((b & LOW_PART) << 16);
  }
}

const LOW_PART = 2 ** LOW_BITS - 1;
