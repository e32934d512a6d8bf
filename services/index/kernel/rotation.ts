/** Values of a sketch: with 16 bytes behind them a row's is one line of the cache. */
export const SKETCH_VALUES = 48;
/** Rows from which axes are learned, and as many again on which they are tried. */
export const SAMPLE_ROWS = 256;
/** How often the axes are turned towards where the rows lie. */
const ROUNDS = 3;
/** Axes that show less than this share of the squared distances between rows would spare nothing. */
const LEAST_SHARE = 1 / 2;
/** How far float32 axes may be from orthonormal: the length, as of a vector, of the difference of their products from those of such. */
export const MOST_SKEW = 2 ** -17;

/** Axes along which rows differ most, orthonormal: `[SKETCH_VALUES, dimensions]`. */
export interface Rotation {
  /** Unique in the process. */
  id: number;
  values: Float32Array;
}

let lastId = 0;

/**
 * Learn axes from a sample by block power iteration: approximately the first principal ones. Whatever they are, answers are the same.
 * Takes 0.3 to 0.6 s of 784 values beside other work (measured once), in about 1,100 steps, between which it yields.
 *
 * @param sample rows of one length, more than that of a sketch, `2 · SAMPLE_ROWS` or fewer, in no order that means something
 * @returns undefined where no few axes show how rows differ
 */
export function* learnRotation(sample: readonly Float32Array[]): Generator<void, Rotation | undefined> {
  const half = sample.length >> 1;
  if (half < SKETCH_VALUES) return undefined;
  const rows = sample.map((row) => new Float64Array(row));
  yield;
  const [seen, others] = [rows.slice(0, half), rows.slice(half, 2 * half)];
  const dimensions = sample[0]!.length;
  let axes = seen.slice(0, SKETCH_VALUES).map((row) => row.slice());
  for (let round = 0; round < ROUNDS; round++) {
    if (!(yield* orthonormal(axes))) return undefined;
    const next = axes.map(() => new Float64Array(dimensions));
    for (const row of seen) {
      for (let n = 0; n < axes.length; n++) addTo(next[n]!, product(axes[n]!, row), row);
      yield;
    }
    axes = next;
  }
  const rotation = yield* rotationOf(axes);
  return rotation && (yield* shareOf(axes, others)) >= LEAST_SHARE ? rotation : undefined;
}

/**
 * Axes that span what these do, which are changed to be them.
 * @returns undefined where these are dependent
 */
export function* rotationOf(axes: Float64Array[]): Generator<void, Rotation | undefined> {
  if (!(yield* orthonormal(axes))) return undefined;
  const dimensions = axes[0]!.length;
  const values = new Float32Array(SKETCH_VALUES * dimensions);
  for (const [n, axis] of axes.entries()) {
    values.set(axis, n * dimensions);
    axis.set(values.subarray(n * dimensions, (n + 1) * dimensions));
  }
  return (yield* skewOf(axes)) <= MOST_SKEW ? { id: ++lastId, values } : undefined;
}

/** Gram and Schmidt, twice: once leaves of nearly dependent ones what rounding made. False: they are dependent. */
function* orthonormal(axes: Float64Array[]): Generator<void, boolean> {
  for (const [n, axis] of axes.entries()) {
    for (let again = 0; again < 2; again++) {
      for (let before = 0; before < n; before++) addTo(axis, -product(axis, axes[before]!), axes[before]!);
      const length = Math.sqrt(product(axis, axis));
      if (!(length > 0 && length < Number.POSITIVE_INFINITY)) return false;
      for (let at = 0; at < axis.length; at++) axis[at]! /= length;
    }
    yield;
  }
  return true;
}

/** How far they are from orthonormal. */
function* skewOf(axes: readonly Float64Array[]): Generator<void, number> {
  let squares = 0;
  for (const axis of axes) {
    for (const other of axes) squares += (product(axis, other) - (axis === other ? 1 : 0)) ** 2;
    yield;
  }
  return Math.sqrt(squares);
}

/** How much of the squared distances between rows that they have not seen is along the axes. */
function* shareOf(axes: readonly Float64Array[], rows: readonly Float64Array[]): Generator<void, number> {
  let shown = 0;
  let whole = 0;
  for (let n = 1; n < rows.length; n += 2) {
    const [a, b] = [rows[n - 1]!, rows[n]!];
    const difference = a.map((value, at) => value - b[at]!);
    whole += product(difference, difference);
    for (const axis of axes) shown += product(axis, difference) ** 2;
    yield;
  }
  return whole > 0 ? shown / whole : 0;
}

function product(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let n = 0; n < a.length; n++) sum += a[n]! * b[n]!;
  return sum;
}

function addTo(sum: Float64Array, factor: number, values: Float64Array): void {
  for (let n = 0; n < sum.length; n++) sum[n]! += factor * values[n]!;
}
