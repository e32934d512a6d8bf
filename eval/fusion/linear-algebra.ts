import { cholesky } from "../../services/fusion/ranking/gaussian.ts";

/** x with matrix · x = b, for a symmetric positive definite matrix, row by row. */
export function solve(matrix: Float64Array, b: Float64Array): Float64Array {
  const d = b.length;
  const factor = cholesky(matrix, d);
  const at = (i: number, j: number) => factor[(i * (i + 1)) / 2 + j] as number;
  const x = b.slice();
  for (let i = 0; i < d; i++) {
    let sum = x[i] as number;
    for (let k = 0; k < i; k++) sum -= at(i, k) * (x[k] as number);
    x[i] = sum / at(i, i);
  }
  for (let i = d - 1; i >= 0; i--) {
    let sum = x[i] as number;
    for (let k = i + 1; k < d; k++) sum -= at(k, i) * (x[k] as number);
    x[i] = sum / at(i, i);
  }
  return x;
}

export function inverse(matrix: Float64Array, d: number): Float64Array {
  const result = new Float64Array(d * d);
  for (let column = 0; column < d; column++) {
    const unit = new Float64Array(d);
    unit[column] = 1;
    for (const [row, value] of solve(matrix, unit).entries()) result[row * d + column] = value;
  }
  return result;
}

/** matrix · vector */
export function times(matrix: Float64Array, vector: Float64Array): Float64Array {
  const d = vector.length;
  return vector.map((_, i) => dotted(matrix.subarray(i * d, (i + 1) * d), vector));
}

export function dotted(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number);
  return sum;
}

/** to += weight · v vᵀ */
export function addOuter(to: Float64Array, v: Float64Array, weight: number): void {
  const d = v.length;
  for (let i = 0; i < d; i++) {
    const scaled = weight * (v[i] as number);
    if (scaled === 0) continue;
    for (let j = 0; j < d; j++) to[i * d + j] = (to[i * d + j] as number) + scaled * (v[j] as number);
  }
}
