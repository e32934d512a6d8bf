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
  const unit = new Float32Array(vector.length);
  for (let i = 0; i < vector.length; i++) unit[i] = vector[i]! * scale;
  return unit;
}

/** Of a value that is kept as it was sent: with 4,096 of them, products and squared distances still are finite float32. */
const LARGEST = 1e15;

/**
 * The vector itself, if scores of it are finite.
 *
 * @throws RangeError for a value that is not finite or too large.
 */
export function boundedVector(vector: Float32Array): Float32Array {
  // A loop: findIndex makes an object of every value.
  for (let at = 0; at < vector.length; at++) {
    const value = vector[at]!;
    if (Math.abs(value) <= LARGEST) continue;
    const wanted = Number.isFinite(value) ? "values of at most ±1e15" : "finite values only";
    throw new RangeError(`must hold ${wanted}, got ${value} at position ${at}`);
  }
  return vector;
}
