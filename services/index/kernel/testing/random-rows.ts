import { SharedRows } from "../shared-rows.ts";

/** Numbers from 0 up to 1, the same for the same seed (mulberry32). */
export function randomOf(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** `count` vectors behind one another; `levels` of values makes equal scores likely. */
export function randomVectors(random: () => number, count: number, dimensions: number, levels = 2 ** 20): Float32Array {
  return Float32Array.from({ length: count * dimensions }, () => Math.floor((random() - 0.5) * levels) / levels);
}

export function blockOf(vectors: Float32Array, dimensions: number, capacity = vectors.length / dimensions): SharedRows {
  const rows = new SharedRows({ dimensions, capacity: Math.max(1, capacity) });
  for (let row = 0; row * dimensions < vectors.length; row++) {
    rows.set(row, vectors.subarray(row * dimensions, (row + 1) * dimensions));
  }
  return rows;
}
