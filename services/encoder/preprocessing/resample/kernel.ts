import { add, advance, type Code, func, i32, type Local, load, repeat, times, vector, wasmMaker } from "./wasm.ts";

// Weighted sums of bytes, on vectors. Pillow's weights have 23 bits and a sign, so each is split in two: high · 2^15 + low,
// both of 16 bits. A dot product then takes two pixels at a time, and nothing is lost: sums are modulo 2^32, and the whole
// sum lies within 32 bits, on which Pillow relies as well.

/** Bits after the point of a weight. */
export const PRECISION = 22;
export const LOW_BITS = 15;
/** Rows that `across` works on at a time. */
export const ROWS = 4;
/** Weights of `across` come in fours, those of `down` in pairs: the bytes of one such group. */
export const FOUR_BYTES = 16;
export const PAIR_BYTES = 8;

/** What the module exports; all arguments are addresses or lengths in bytes. */
export interface Kernel {
  memory: { readonly buffer: ArrayBuffer; grow(pages: number): number };
  /**
   * Four rows of interleaved RGB → for each of the `taps` a pixel in each of four rows. A tap is the offset of its first
   * source pixel and `weightBytes` of groups of four weights: high and low of the first two, then of the others. A byte
   * behind each target row is overwritten; up to 16 bytes behind the source are read, to no effect.
   */
  across(
    from: number,
    stride: number,
    to: number,
    toStride: number,
    tap: number,
    tapsEnd: number,
    weightBytes: number,
  ): void;
  /** Rows, two for each pair of weights (high, low) → one row up to `toEnd`, rounded up to 16 bytes. */
  down(from: number, stride: number, to: number, toEnd: number, weights: number, weightsEnd: number): void;
}

/** A sum, as one of high and one of low parts of the weights; the half that rounds is in it. */
function sum(local: (type: "v128") => Local) {
  const [high, low] = [local("v128"), local("v128")];
  return {
    clear: [...high.set(vector.ofIntegers(0)), ...low.set(vector.ofIntegers(1 << (PRECISION - 1)))],
    add: (pairs: Code, weights: { high: Local; low: Local }): Code => [
      ...high.set(vector.add(high.get, vector.dot(pairs, weights.high.get))),
      ...low.set(vector.add(low.get, vector.dot(pairs, weights.low.get))),
    ],
    value: vector.shiftRight(vector.add(vector.shiftLeft(high.get, LOW_BITS), low.get), PRECISION),
  };
}

/** Two neighbouring RGB pixels of twelve bytes or more: by channel, in pairs of 16 bits. 0x80 is no byte, that is 0. */
const pairFrom = (first: number): Code => [
  ...[0, 1, 2].flatMap((channel) => [first + channel, 0x80, first + channel + 3, 0x80]),
  ...[0x80, 0x80, 0x80, 0x80],
];

const across = func(
  ["from", "stride", "to", "toStride", "tap", "tapsEnd", "weightBytes"],
  ({ from, stride, to, toStride, tap, tapsEnd, weightBytes }, local) => {
    const rows = Array.from({ length: ROWS }, (_, row) => ({ row, at: local("i32"), sum: sum(local) }));
    const weightsEnd = local("i32");
    const [pixels, pairs] = [local("v128"), local("v128")];
    const firstTwo = { high: local("v128"), low: local("v128") };
    const others = { high: local("v128"), low: local("v128") };
    const begin = rows.flatMap(({ row, at, sum }) => [
      ...at.set(add(add(from.get, load(tap.get)), times(stride.get, i32(row)))),
      ...sum.clear,
    ]);
    const weigh = [
      firstTwo.high.set(vector.splat(tap.get, 0)),
      firstTwo.low.set(vector.splat(tap.get, 4)),
      others.high.set(vector.splat(tap.get, 8)),
      others.low.set(vector.splat(tap.get, 12)),
      ...rows.map(({ at, sum }) => [
        ...pixels.set(vector.load(at.get)),
        ...pairs.set(vector.pick(pixels.get, pairFrom(0))),
        ...sum.add(pairs.get, firstTwo),
        ...pairs.set(vector.pick(pixels.get, pairFrom(6))),
        ...sum.add(pairs.get, others),
        ...advance(at, 12),
      ]),
      advance(tap, FOUR_BYTES),
    ];
    const finish = rows.flatMap(({ row, sum }) => {
      const words = vector.narrow(sum.value, sum.value);
      return vector.storeFirst(add(to.get, times(toStride.get, i32(row))), vector.narrowToBytes(words, words));
    });
    return [
      repeat(
        tap,
        tapsEnd,
        begin,
        advance(tap, 4),
        weightsEnd.set(add(tap.get, weightBytes.get)),
        repeat(tap, weightsEnd, ...weigh),
        finish,
        advance(to, 3),
      ),
    ];
  },
);

/** The first or the last eight bytes of two vectors in turns. */
const inTurns = (first: 0 | 8): Code => [0, 1, 2, 3, 4, 5, 6, 7].flatMap((i) => [first + i, first + i + 16]);

const down = func(
  ["from", "stride", "to", "toEnd", "weights", "weightsEnd"],
  ({ from, stride, to, toEnd, weights, weightsEnd }, local) => {
    const [at, weight] = [local("i32"), local("i32")];
    const [upper, lower, turns] = [local("v128"), local("v128"), local("v128")];
    const both = { high: local("v128"), low: local("v128") };
    const [a, b, c, d] = [sum(local), sum(local), sum(local), sum(local)];
    return [
      repeat(
        to,
        toEnd,
        ...[a.clear, b.clear, c.clear, d.clear],
        at.set(from.get),
        weight.set(weights.get),
        repeat(
          weight,
          weightsEnd,
          both.high.set(vector.splat(weight.get, 0)),
          both.low.set(vector.splat(weight.get, 4)),
          upper.set(vector.load(at.get)),
          at.set(add(at.get, stride.get)),
          lower.set(vector.load(at.get)),
          at.set(add(at.get, stride.get)),
          turns.set(vector.shuffle(upper.get, lower.get, inTurns(0))),
          a.add(vector.widenLow(turns.get), both),
          b.add(vector.widenHigh(turns.get), both),
          turns.set(vector.shuffle(upper.get, lower.get, inTurns(8))),
          c.add(vector.widenLow(turns.get), both),
          d.add(vector.widenHigh(turns.get), both),
          advance(weight, PAIR_BYTES),
        ),
        vector.store(to.get, vector.narrowToBytes(vector.narrow(a.value, b.value), vector.narrow(c.value, d.value))),
        advance(from, 16),
        advance(to, 16),
      ),
    ];
  },
);

// SIMD has been part of WebAssembly since 2021: Node, Deno and Bun have it.
const make = wasmMaker({ across, down });

/** A kernel with a memory of its own. */
export function createKernel(): Kernel {
  return make() as Kernel;
}
