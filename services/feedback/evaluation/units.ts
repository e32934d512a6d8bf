import type { Prediction } from "./predict.ts";
import type { Weighed } from "./weigh.ts";

/**
 * What estimators need of the log, summed over units of resampling: one recommendation each, or, of a long log, as many
 * random recommendations as it takes. Flat arrays, one element a unit; those by place are `units × places`.
 */
export interface Units {
  count: number;
  places: number;
  /** Recommendations in the unit. */
  size: Float64Array;
  /** Σ reward, Σ w · reward, and Σ direct + w · (reward − predicted), over its places. */
  logged: Float64Array;
  ips: Float64Array;
  dr: Float64Array;
  /** By place: how many recommendations have it, Σ w, Σ w · reward. */
  having: Float64Array;
  weight: Float64Array;
  weighted: Float64Array;
}

/** More units than this say no more of the spread of a mean, and cost more. */
const MOST_UNITS = 2048;

/** @param predictions undefined: `dr` is asked of nobody, and is NaN */
export function unitsOf(
  rounds: readonly Weighed[],
  predictions: readonly Prediction[] | undefined,
  random: () => number,
  most = MOST_UNITS,
): Units {
  const count = Math.min(rounds.length, most);
  const places = rounds.reduce((longest, { weights }) => Math.max(longest, weights.length), 0);
  const units: Units = {
    count,
    places,
    size: new Float64Array(count),
    logged: new Float64Array(count),
    ips: new Float64Array(count),
    dr: new Float64Array(count).fill(predictions ? 0 : Number.NaN),
    having: new Float64Array(count * places),
    weight: new Float64Array(count * places),
    weighted: new Float64Array(count * places),
  };
  const order = rounds.length > count ? shuffled(rounds.length, random) : undefined;
  for (let n = 0; n < rounds.length; n++) {
    const at = order?.[n] ?? n;
    addTo(units, n % count, rounds[at]!, predictions?.[at]);
  }
  return units;
}

function addTo(units: Units, unit: number, { recommendation, weights }: Weighed, predicted?: Prediction): void {
  units.size[unit]! += 1;
  for (let place = 0; place < weights.length; place++) {
    const weight = weights[place]!;
    const reward = recommendation.places[place]!.reward;
    units.logged[unit]! += reward;
    units.ips[unit]! += weight * reward;
    if (predicted) units.dr[unit]! += predicted.target[place]! + weight * (reward - predicted.shown[place]!);
    const cell = unit * units.places + place;
    units.having[cell]! += 1;
    units.weight[cell]! += weight;
    units.weighted[cell]! += weight * reward;
  }
}

/** 0 to n − 1 in a random order (Fisher and Yates). */
function shuffled(n: number, random: () => number): Uint32Array {
  const order = Uint32Array.from({ length: n }, (_, i) => i);
  for (let i = n - 1; i > 0; i--) {
    const other = Math.floor(random() * (i + 1));
    [order[i], order[other]] = [order[other]!, order[i]!];
  }
  return order;
}
