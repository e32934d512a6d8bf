/** Weights by name: the same name, length and seed give the same values wherever they are asked for. */
export type Weights = (name: string, count: number, spread: number) => Float32Array;

/** Evenly spread between ± spread: as good as any for measuring speed, and for nothing else. */
export function seededWeights(seed: number): Weights {
  return (name, count, spread) => {
    const next = xorshift(hash(name, seed));
    return new Float32Array(count).map(() => (next() / 0x8000_0000 - 1) * spread);
  };
}

/** Marsaglia's xorshift32: whole numbers from 1 to 2^32 - 1. */
export function xorshift(seed: number): () => number {
  let state = seed >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state;
  };
}

/** FNV-1a. */
function hash(text: string, seed: number): number {
  let value = (2_166_136_261 ^ seed) >>> 0;
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 16_777_619) >>> 0;
  return value;
}
