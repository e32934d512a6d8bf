import { type Example, FEATURES } from "./histories.ts";
import { addOuter, dotted, inverse, solve, times } from "./linear-algebra.ts";

/** From so many events on the features of taste say something. */
const LEAST_EVENTS = 5;
/**
 * Examples of one person are not so many facts as they have rows: the same candidates stand in each history, and what the features
 * do not explain of an item is the same in each query.
 */
const REPEATED = 9;
/** Rounds of expectation and maximisation. */
const ROUNDS = 15;
/** Variance before, and where nothing is to be learned from: half of somebody's own clothes are not in the simulation. */
const FIRST_VARIANCE = 0.2;

interface Person {
  gram: Float64Array;
  products: Float64Array;
}

export interface Between {
  /** Mean and covariance of people's coefficients, in units of utility. */
  mean: Float64Array;
  covariance: Float64Array;
  /** Inner products of features over everybody. */
  gram: Float64Array;
}

/**
 * How people differ in the coefficients that explain their utility within queries: a linear model with a Gaussian over people,
 * fitted by expectation and maximisation (Laird and Ware, "Random-Effects Models for Longitudinal Data", 1982), the noise held fixed.
 */
export function betweenPeople(examples: readonly Example[]): Between {
  const d = FEATURES;
  const people = new Map<number, Person>();
  let [squares, count] = [0, 0];
  for (const example of examples) {
    if (example.events < LEAST_EVENTS) continue;
    const known = people.get(example.person) ?? { gram: new Float64Array(d * d), products: new Float64Array(d) };
    people.set(example.person, known);
    squares += addExample(known, example);
    count += example.gains.length;
  }
  const everybody = [...people.values()];
  const gram = sum(everybody.map((one) => one.gram));
  const products = sum(everybody.map((one) => one.products));
  let mean = solve(withDiagonal(gram, 1), products);
  const noise = (REPEATED * (squares - dotted(mean, products))) / count;
  let covariance = withDiagonal(new Float64Array(d * d), FIRST_VARIANCE);
  for (let round = 0; round < ROUNDS; round++) {
    const precision = inverse(covariance, d);
    const pull = times(precision, mean);
    const beliefs = everybody.map((one) => {
      const sharp = precision.map((value, i) => value + (one.gram[i] as number) / noise);
      return {
        mean: solve(
          sharp,
          pull.map((value, i) => value + (one.products[i] as number) / noise),
        ),
        covariance: inverse(sharp, d),
      };
    });
    const centre = sum(beliefs.map((one) => one.mean)).map((value) => value / beliefs.length);
    const spread = sum(beliefs.map((one) => one.covariance));
    for (const one of beliefs) {
      addOuter(
        spread,
        one.mean.map((value, i) => value - (centre[i] as number)),
        1,
      );
    }
    mean = centre;
    covariance = symmetric(
      withDiagonal(
        spread.map((value) => value / beliefs.length),
        1e-6,
      ),
      d,
    );
  }
  return { mean, covariance, gram };
}

/** Adds what one query says of the person, measured from the means of that query; gives the squares of their utility. */
function addExample({ gram, products }: Person, { rows, utilities }: Example): number {
  const d = FEATURES;
  const n = utilities.length;
  const centre = new Float64Array(d);
  for (let at = 0; at < rows.length; at++) centre[at % d] = (centre[at % d] as number) + (rows[at] as number) / n;
  const middle = utilities.reduce((a, b) => a + b, 0) / n;
  let squares = 0;
  for (let i = 0; i < n; i++) {
    const apart = centre.map((value, f) => (rows[i * d + f] as number) - value);
    const utility = (utilities[i] as number) - middle;
    squares += utility * utility;
    addOuter(gram, apart, 1);
    for (let f = 0; f < d; f++) products[f] = (products[f] as number) + (apart[f] as number) * utility;
  }
  return squares;
}

function sum(vectors: readonly Float64Array[]): Float64Array {
  const total = new Float64Array(vectors[0]?.length ?? 0);
  for (const vector of vectors)
    for (let i = 0; i < total.length; i++) total[i] = (total[i] as number) + (vector[i] as number);
  return total;
}

function withDiagonal(matrix: Float64Array, more: number): Float64Array {
  const result = matrix.slice();
  for (let i = 0; i < result.length; i += FEATURES + 1) result[i] = (result[i] as number) + more;
  return result;
}

/** Rounding must not make it lopsided. */
function symmetric(matrix: Float64Array, d: number): Float64Array {
  return matrix.map((value, at) => (value + (matrix[(at % d) * d + Math.floor(at / d)] as number)) / 2);
}
