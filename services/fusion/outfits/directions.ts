import { createHash } from "node:crypto";
import { DIRECTIONS } from "./layout.ts";

/**
 * A vector's place along a few fixed random directions, of order 1 for a unit vector (a random projection with signs,
 * Achlioptas, "Database-friendly random projections", JCSS 2003). Decided by model name and length alone, so that it means
 * the same in every process and every year.
 */
export function along(model: string, vector: Float32Array): Float64Array {
  const signs = signsFor(model, vector.length);
  const places = new Float64Array(DIRECTIONS);
  for (let d = 0; d < DIRECTIONS; d++) {
    let sum = 0;
    for (let i = 0; i < vector.length; i++) sum += (signs[d * vector.length + i] ?? 0) * (vector[i] ?? 0);
    places[d] = sum;
  }
  return places;
}

const made = new Map<string, Int8Array>();

/** −1 and 1 by the bits of sha256(model, length, counter): the same on every machine. */
function signsFor(model: string, length: number): Int8Array {
  const key = `${model}/${length}`;
  const before = made.get(key);
  if (before) return before;
  const signs = new Int8Array(DIRECTIONS * length);
  for (let at = 0; at < signs.length; at += 256) {
    const bits = createHash("sha256").update(`${key}/${at}`).digest();
    for (let i = 0; i < 256 && at + i < signs.length; i++)
      signs[at + i] = ((bits[i >> 3] ?? 0) >> (i & 7)) & 1 ? 1 : -1;
  }
  made.set(key, signs);
  return signs;
}
