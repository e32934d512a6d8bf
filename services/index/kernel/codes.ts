import { CODE_EXTRA_BYTES, DIGIT_BITS, type Products } from "./bounds-module.ts";

/** Codes go from -127 to 127: symmetric, so that no negation overflows. */
const MOST = 127;
/** Lengths between which no sum of squares in float32 overflows or vanishes; bounds of other rows are not tried. */
const LEAST_LENGTH = 1e-15;
const MOST_LENGTH = 1e15;
/** A length is rounded to float32 upwards. */
export const UPWARDS = 1 + 2 ** -20;

/** Whether bounds can be computed for a vector of this length. */
export function inReach(length: number): boolean {
  return length >= LEAST_LENGTH && length <= MOST_LENGTH;
}

/** A block's codes: the same memory as bytes, as integers and as floats. */
export interface CodeView {
  bytes: Int8Array;
  integers: Int32Array;
  floats: Float32Array;
}

/**
 * Write the code of one row: `stride` bytes, then three float32 and one int32.
 *
 * The row is x = a·u + r, where u is the direction of its code and r is perpendicular to it: a is the length of x along u, so
 * |q·x − a·(q·u)| ≤ |r|·√(|q|² − (q·u)²) for every q. What is kept are a, |r|, 1 over the length of the code and its sum.
 *
 * @param at the byte at which the code begins, a multiple of 16
 */
export function writeCode(
  { bytes, integers, floats }: CodeView,
  at: number,
  vector: Float32Array,
  stride: number,
): void {
  const { sum, along, ofCode, ofRow } = quantise(bytes, at, vector);
  const place = (at + stride) / Float32Array.BYTES_PER_ELEMENT;
  const known = inReach(Math.sqrt(ofRow)) && ofCode > 0;
  const length = Math.sqrt(ofCode);
  const a = known ? along / length : 0;
  floats[place] = a;
  floats[place + 1] = known ? restOf(vector, bytes, at, along / ofCode) : ofRow === 0 ? 0 : Number.POSITIVE_INFINITY;
  floats[place + 2] = known ? 1 / length : 0;
  integers[place + 3] = sum;
}

/** Write values as signed bytes; the sum of the code, its product with the values, and the squared lengths of both. */
export function quantise(bytes: Int8Array, at: number, vector: Float32Array) {
  let most = 0;
  for (let n = 0; n < vector.length; n++) {
    const size = Math.abs(vector[n]!);
    if (size > most) most = size;
  }
  const scale = most > 0 ? MOST / most : 0;
  let sum = 0;
  let along = 0;
  let ofCode = 0;
  let ofRow = 0;
  for (let n = 0; n < vector.length; n++) {
    const value = vector[n]!;
    const scaled = value * scale;
    const code = (scaled + (scaled < 0 ? -0.5 : 0.5)) | 0;
    bytes[at + n] = code;
    sum += code;
    along += value * code;
    ofCode += code * code;
    ofRow += value * value;
  }
  return { sum, along, ofCode, ofRow };
}

/** How long what the code leaves over is, not less than it is: differences, for squares would cancel each other out. */
function restOf(vector: Float32Array, bytes: Int8Array, at: number, scale: number): number {
  let squares = 0;
  for (let n = 0; n < vector.length; n++) {
    const rest = vector[n]! - scale * bytes[at + n]!;
    squares += rest * rest;
  }
  return Math.sqrt(squares) * UPWARDS + 1e-7 * LEAST_LENGTH;
}

/** Bytes from one code to the next. */
export function codeBytes(stride: number): number {
  return stride + CODE_EXTRA_BYTES;
}

/** A query in 14 bits, and what is needed to compute bounds with it. */
export interface CodedQuery {
  /** What one step is worth. */
  step: number;
  /** The length of what the code leaves over. */
  rest: number;
  length: number;
}

/** Codes of a query are digits twice: from 0 on, so that each fits, with this one as zero. */
const ZERO = 2 ** (2 * DIGIT_BITS - 1);
const LOW_DIGIT = 2 ** DIGIT_BITS - 1;

/**
 * Write the code of a query, `2 · stride` bytes: for pairs 16 bits a value, for fours sixteen high digits and their sixteen low ones,
 * again and again. Undefined: there are no bounds for it.
 * @param from the place of its first value among `floats`
 * @param at the byte at which the code begins
 * @param stride a multiple of 16
 */
export function codeQuery(
  { bytes, floats }: { bytes: Uint8Array; floats: Float32Array },
  { from, at, stride }: { from: number; at: number; stride: number },
  products: Products,
): CodedQuery | undefined {
  let most = 0;
  let squares = 0;
  for (let n = from; n < from + stride; n++) {
    const value = floats[n]!;
    const size = value < 0 ? -value : value;
    squares += value * value;
    if (size > most) most = size;
  }
  const length = Math.sqrt(squares);
  if (!inReach(length)) return undefined;
  // The product with any code fits in 32 bits.
  const levels = Math.min(ZERO - 1, Math.floor((2 ** 31 - 1) / (MOST * stride)));
  const step = most / levels;
  const scale = levels / most;
  let left = 0;
  for (let block = 0; block < stride; block += 16) {
    const place = at + 2 * block;
    for (let n = 0; n < 16; n++) {
      const value = floats[from + block + n]!;
      // From 1 on, so that what is cut off rounds.
      const code = (value * scale + (ZERO + 0.5)) | 0;
      const rest = value - (code - ZERO) * step;
      left += rest * rest;
      if (products === "fours") {
        bytes[place + n] = code >> DIGIT_BITS;
        bytes[place + n + 16] = code & LOW_DIGIT;
      } else {
        bytes[place + 2 * n] = code - ZERO;
        bytes[place + 2 * n + 1] = (code - ZERO) >> 8;
      }
    }
  }
  return { step, rest: Math.sqrt(left), length };
}
