/**
 * Uniform numbers in [0, 1), the same for the same seed on every engine: sfc32 (C. Doty-Humphrey, PractRand 0.95),
 * started with both halves of the seed and run 12 steps before its first number, as its author does.
 */
export function seededRandom(seed: bigint): () => number {
  const bits = BigInt.asUintN(64, seed);
  let a = 0;
  let b = Number(bits & 0xffff_ffffn) | 0;
  let c = Number(bits >> 32n) | 0;
  let counter = 1;
  const next = () => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return (sum >>> 0) / 2 ** 32;
  };
  for (let step = 0; step < 12; step++) next();
  return next;
}
