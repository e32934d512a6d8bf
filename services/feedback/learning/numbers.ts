/** The float64 values (little-endian) in `bytes`, copied. @throws RangeError when the length is no multiple of 8. */
export function readDoubles(bytes: Uint8Array): Float64Array {
  if (bytes.byteLength % 8 !== 0) throw new RangeError(`expected a multiple of 8 bytes, got ${bytes.byteLength}`);
  // Not slice: that of a Node Buffer is a view.
  return new Float64Array(new Uint8Array(bytes).buffer);
}

/** The values as float64 little-endian, copied. All supported platforms are little-endian. */
export function writeDoubles(values: Float64Array): Uint8Array {
  return new Uint8Array(values.slice().buffer);
}

/** The lower half of a symmetric matrix, row by row: d(d + 1)/2 values. */
export function lowerHalf(matrix: Float64Array): Float64Array {
  const d = Math.round(Math.sqrt(matrix.length));
  const half = new Float64Array((d * (d + 1)) / 2);
  let at = 0;
  for (let i = 0; i < d; i++) for (let j = 0; j <= i; j++) half[at++] = matrix[i * d + j] as number;
  return half;
}

/** The symmetric d × d matrix of its lower half. @throws RangeError when the lengths do not fit. */
export function fromLowerHalf(half: Float64Array, d: number): Float64Array {
  if (half.length !== (d * (d + 1)) / 2) {
    throw new RangeError(`expected ${(d * (d + 1)) / 2} values of a ${d} × ${d} matrix, got ${half.length}`);
  }
  const matrix = new Float64Array(d * d);
  let at = 0;
  for (let i = 0; i < d; i++) {
    for (let j = 0; j <= i; j++) {
      const value = half[at++] as number;
      matrix[i * d + j] = value;
      matrix[j * d + i] = value;
    }
  }
  return matrix;
}
