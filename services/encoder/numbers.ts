// Loops and not callbacks on the elements: each number that a callback takes or gives is an object of its own, and the vectors of
// a photo have two thousand; that was a sixth of all that the Encoder's event loop left to the collector.

/**
 * The same direction with length 1.
 * @throws RangeError when the vector is zero or holds NaN or infinity: a model that returns such a thing is broken.
 */
export function unitVector(vector: Float32Array): Float32Array {
  let squares = 0;
  for (let i = 0; i < vector.length; i++) {
    const x = vector[i] ?? 0;
    squares += x * x;
  }
  const length = Math.sqrt(squares);
  if (!(length > 0 && Number.isFinite(length)))
    throw new RangeError(`expected a finite, non-zero vector, its length is ${length}`);
  const unit = new Float32Array(vector.length);
  for (let i = 0; i < vector.length; i++) unit[i] = (vector[i] ?? 0) / length;
  return unit;
}

/** Classes with their softmax probability. */
export interface ClassProbability {
  name: string;
  /** 0 to 1; those of one answer sum to 1. */
  probability: number;
}

/**
 * Softmax over named classes, best first.
 * @throws RangeError when there are not as many names as logits, or a logit is not finite.
 */
export function classify(logits: ArrayLike<number>, names: readonly string[]): ClassProbability[] {
  const values = Array.from(logits);
  if (values.length !== names.length) throw new RangeError(`expected ${names.length} logits, got ${values.length}`);
  if (!values.every(Number.isFinite)) throw new RangeError("expected finite logits");
  const top = Math.max(...values);
  const weights = values.map((x) => Math.exp(x - top));
  const sum = weights.reduce((a, b) => a + b, 0);
  return names
    .map((name, i) => ({ name, probability: (weights[i] ?? 0) / sum }))
    .sort((a, b) => b.probability - a.probability);
}
