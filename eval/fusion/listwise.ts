import { type Example, FEATURES } from "./histories.ts";
import { solve } from "./linear-algebra.ts";

/** Pull of every coefficient towards 0, for each example. */
const RIDGE = 1e-3;
/** Newton's steps; the function is convex and from 0 they suffice. */
const STEPS = 8;

/**
 * The coefficients by which softmax(θ·φ) over the candidates of a query is nearest to what each is worth to the person, over
 * all examples: the loss of ListNet (Cao et al., "Learning to Rank: From Pairwise Approach to Listwise Approach", ICML 2007),
 * by Newton's method.
 */
export function fitListwise(examples: readonly Example[]): Float64Array {
  const d = FEATURES;
  let theta = new Float64Array(d);
  for (let step = 0; step < STEPS; step++) {
    const gradient = theta.map((value) => RIDGE * examples.length * value);
    const hessian = new Float64Array(d * d);
    for (let i = 0; i < d; i++) hessian[i * (d + 1)] = RIDGE * examples.length;
    for (const example of examples) addDerivatives(example, theta, gradient, hessian);
    const move = solve(hessian, gradient);
    theta = theta.map((value, i) => value - (move[i] as number));
  }
  return theta;
}

function addDerivatives({ rows, gains }: Example, theta: Float64Array, gradient: Float64Array, hessian: Float64Array) {
  const d = FEATURES;
  const n = gains.length;
  const chances = new Float64Array(n);
  for (let i = 0; i < n; i++) for (let f = 0; f < d; f++) chances[i]! += rows[i * d + f]! * theta[f]!;
  const highest = chances.reduce((a, b) => Math.max(a, b));
  for (let i = 0; i < n; i++) chances[i] = Math.exp(chances[i]! - highest);
  const [all, worth] = [sumOf(chances), sumOf(gains)];
  const mean = new Float64Array(d);
  for (let i = 0; i < n; i++) {
    const chance = chances[i]! / all;
    const off = chance - gains[i]! / worth;
    for (let f = 0; f < d; f++) {
      const x = rows[i * d + f]!;
      mean[f]! += chance * x;
      gradient[f]! += off * x;
      // The lower half is all that `solve` reads. Most features are 0 for most.
      const scaled = chance * x;
      if (scaled !== 0) for (let g = 0; g <= f; g++) hessian[f * d + g]! += scaled * rows[i * d + g]!;
    }
  }
  for (let f = 0; f < d; f++) for (let g = 0; g <= f; g++) hessian[f * d + g]! -= mean[f]! * mean[g]!;
}

function sumOf(values: Float64Array): number {
  return values.reduce((a, b) => a + b, 0);
}
