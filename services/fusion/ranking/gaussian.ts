import { choleskyInPlace } from "./cholesky.ts";
import type { Gaussian } from "./rank-types.ts";

/**
 * Draws from a Gaussian: `draw(into)` fills `into` with mean + scale·L·z, where L is the Cholesky factor of the covariance
 * and z are standard normal numbers by Box and Muller. A direction without variance (or, by rounding, with less than
 * none) is not drawn in.
 */
export function gaussianDraws(gaussian: Gaussian, scale: number, random: () => number) {
  const { mean } = gaussian;
  const d = mean.length;
  const factor = factorOf(gaussian);
  const z = new Float64Array(d + 1);
  return (into: Float64Array): void => {
    for (let i = 0; i < d; i += 2) {
      // 1 − random, because the logarithm of 0 is not a number to go on with.
      const radius = Math.sqrt(-2 * Math.log(1 - random())) * scale;
      const angle = 2 * Math.PI * random();
      z[i] = radius * Math.cos(angle);
      z[i + 1] = radius * Math.sin(angle);
    }
    for (let i = 0, at = 0; i < d; i++) {
      let sum = mean[i] as number;
      for (let j = 0; j <= i; j++) sum += (factor[at++] as number) * (z[j] as number);
      into[i] = sum;
    }
  };
}

/** A belief is drawn from again and again until something is learned, which makes another one. */
const factors = new WeakMap<Gaussian, Float64Array>();

function factorOf(gaussian: Gaussian): Float64Array {
  let factor = factors.get(gaussian);
  if (factor === undefined) {
    factor = cholesky(gaussian.covariance, gaussian.mean.length);
    factors.set(gaussian, factor);
  }
  return factor;
}

/** The lower triangle L with L·Lᵀ = matrix, row by row, packed. */
export function cholesky(matrix: Float64Array, d: number): Float64Array {
  const factor = new Float64Array((d * (d + 1)) / 2);
  for (let i = 0; i < d; i++) factor.set(matrix.subarray(i * d, i * d + i + 1), (i * (i + 1)) / 2);
  choleskyInPlace(factor, d);
  return factor;
}
