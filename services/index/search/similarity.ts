import type { VectorMetric } from "../vectors/types.ts";

/**
 * How near two vectors of one length are, by a metric: computed in float64 and a fixed order, then rounded to the float32
 * that is sent, so that every replica answers the same, and equal answers are ordered by item id. `offset` is where the
 * second vector begins in `vectors`.
 */
export function similarity(metric: VectorMetric, query: Float32Array, vectors: Float32Array, offset = 0): number {
  if (metric === "l2") return Math.fround(-squaredDistance(query, vectors, offset));
  const product = innerProduct(query, vectors, offset);
  return Math.fround(metric === "ip" ? product : Math.max(-1, Math.min(1, product)));
}

function innerProduct(query: Float32Array, vectors: Float32Array, offset: number): number {
  const length = query.length;
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  let i = 0;
  for (; i + 3 < length; i += 4) {
    a += query[i]! * vectors[offset + i]!;
    b += query[i + 1]! * vectors[offset + i + 1]!;
    c += query[i + 2]! * vectors[offset + i + 2]!;
    d += query[i + 3]! * vectors[offset + i + 3]!;
  }
  for (; i < length; i++) a += query[i]! * vectors[offset + i]!;
  return a + b + (c + d);
}

function squaredDistance(query: Float32Array, vectors: Float32Array, offset: number): number {
  let sum = 0;
  for (let i = 0; i < query.length; i++) sum += (query[i]! - vectors[offset + i]!) ** 2;
  return sum;
}
