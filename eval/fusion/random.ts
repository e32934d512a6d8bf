/** Uniform numbers in [0, 1) from a seed: mulberry32 (T. Ettinger), state mixed with the seed's hash. */
export function seeded(...seeds: number[]): () => number {
  let state = 0x9e37_79b9;
  for (const seed of seeds) state = mix(state ^ Math.imul(seed | 0, 0x85eb_ca6b)) + 0x6d2b_79f5;
  return () => {
    state = (state + 0x6d2b_79f5) | 0;
    return mix(state) / 0x1_0000_0000;
  };
}

function mix(state: number): number {
  let t = Math.imul(state ^ (state >>> 15), state | 1);
  t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
  return (t ^ (t >>> 14)) >>> 0;
}

/** Standard normal numbers. */
export function normals(random: () => number): () => number {
  return () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** One of them. */
export function pick<T>(items: readonly T[], random: () => number): T {
  return items[Math.floor(random() * items.length)] as T;
}
