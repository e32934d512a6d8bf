/** Sums that ridge regression needs; sums of parts of the data can be taken from those of the whole. */
export interface Moments {
  /** Σ x xᵀ, d × d, lower triangle, row by row. */
  squares: Float64Array;
  /** Σ x y. */
  products: Float64Array;
}

export function emptyMoments(dimensions: number): Moments {
  return { squares: new Float64Array(dimensions * dimensions), products: new Float64Array(dimensions) };
}

/** Counts one observation. */
export function observe({ squares, products }: Moments, x: ArrayLike<number>, y: number): void {
  const d = products.length;
  for (let i = 0; i < d; i++) {
    const xi = x[i] ?? 0;
    if (xi === 0) continue;
    products[i] = products[i]! + xi * y;
    for (let j = 0; j <= i; j++) squares[i * d + j] = squares[i * d + j]! + xi * (x[j] ?? 0);
  }
}

/** The observations of `all` without those of `part`. */
export function without(all: Moments, part: Moments): Moments {
  return {
    squares: all.squares.map((value, i) => value - part.squares[i]!),
    products: all.products.map((value, i) => value - part.products[i]!),
  };
}

/**
 * The coefficients that minimise Σ (y − β·x)² + λ |β|², by Cholesky's decomposition.
 *
 * @param lambda above 0: then there is one solution, whatever the observations.
 */
export function solveRidge({ squares, products }: Moments, lambda: number): Float64Array {
  const d = products.length;
  const factor = Float64Array.from(squares);
  for (let i = 0; i < d; i++) factor[i * d + i] = factor[i * d + i]! + lambda;
  for (let i = 0; i < d; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = factor[i * d + j]!;
      for (let k = 0; k < j; k++) sum -= factor[i * d + k]! * factor[j * d + k]!;
      // What was taken away from sums may leave a little less than nothing.
      factor[i * d + j] = i === j ? Math.sqrt(Math.max(sum, lambda * 1e-12)) : sum / factor[j * d + j]!;
    }
  }
  const solution = Float64Array.from(products);
  for (let i = 0; i < d; i++) {
    let sum = solution[i]!;
    for (let k = 0; k < i; k++) sum -= factor[i * d + k]! * solution[k]!;
    solution[i] = sum / factor[i * d + i]!;
  }
  for (let i = d - 1; i >= 0; i--) {
    let sum = solution[i]!;
    for (let k = i + 1; k < d; k++) sum -= factor[k * d + i]! * solution[k]!;
    solution[i] = sum / factor[i * d + i]!;
  }
  return solution;
}
