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
