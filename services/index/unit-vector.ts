/**
 * The vector of unit length that points the same way.
 *
 * @throws RangeError for a value that is not finite, and for a vector without a direction.
 */
export function unitVector(vector: Float32Array): Float32Array {
  let squares = 0;
  for (let i = 0; i < vector.length; i++) {
    const value = vector[i]!;
    if (!Number.isFinite(value)) throw new RangeError(`must hold finite values only, got ${value} at position ${i}`);
    squares += value * value;
  }
  if (squares === 0) throw new RangeError("must not be zero: a vector without a direction is near nothing");
  const scale = 1 / Math.sqrt(squares);
  return vector.map((value) => value * scale);
}

/** Of a value that is kept as it was sent: with 4,096 of them, products and squared distances still are finite float32. */
const LARGEST = 1e15;

/**
 * The vector itself, if scores of it are finite.
 *
 * @throws RangeError for a value that is not finite or too large.
 */
export function boundedVector(vector: Float32Array): Float32Array {
  const at = vector.findIndex((value) => !(Math.abs(value) <= LARGEST));
  if (at < 0) return vector;
  const value = vector[at]!;
  if (Number.isFinite(value)) throw new RangeError(`must hold values of at most ±1e15, got ${value} at position ${at}`);
  throw new RangeError(`must hold finite values only, got ${value} at position ${at}`);
}
