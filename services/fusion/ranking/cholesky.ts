/**
 * Puts L with L·Lᵀ = A in the place of the lower half of A, d × d, packed row by row: (i, j) stands at i(i + 1)/2 + j. Where
 * there is no variance (or, by rounding, less than none) the column is 0.
 */
export function choleskyInPlace(half: Float64Array, d: number): void {
  for (let i = 0; i < d; i++) {
    const row = (i * (i + 1)) / 2;
    for (let j = 0; j <= i; j++) {
      const other = (j * (j + 1)) / 2;
      let sum = half[row + j] as number;
      for (let k = 0; k < j; k++) sum -= (half[row + k] as number) * (half[other + k] as number);
      if (i === j) half[row + i] = sum > 1e-12 ? Math.sqrt(sum) : 0;
      else {
        const pivot = half[other + j] as number;
        half[row + j] = pivot > 0 ? sum / pivot : 0;
      }
    }
  }
}
