import { type Counts, type EstimatorName, estimate, type PointEstimate } from "./estimators.ts";
import type { Units } from "./units.ts";

/** A 95 % interval. */
export interface Interval {
  lower: number;
  upper: number;
}

/** One estimator on the log as it is and on all resampled ones. */
export interface Resampled {
  point: PointEstimate;
  samples: PointEstimate[];
}

const ALPHA = 0.05;

/** Estimates from `samples` logs, each as long as the one that is there and drawn from it with replacement (Efron, 1979). */
export async function resample<Name extends EstimatorName>(
  units: Units,
  names: readonly Name[],
  samples: number,
  random: () => number,
  pause: () => Promise<void> = async () => {},
): Promise<Record<Name, Resampled>> {
  const whole = new Uint16Array(units.count).fill(1);
  const all = Object.fromEntries(
    names.map((name): [string, Resampled] => [name, { point: estimate(name, units, whole), samples: [] }]),
  ) as Record<Name, Resampled>;
  for (let sample = 0; sample < samples; sample++) {
    const counts = drawn(units.count, random);
    for (const name of names) all[name].samples.push(estimate(name, units, counts));
    if (sample % 32 === 31) await pause();
  }
  return all;
}

/** Quantiles of the resampled values. */
export function percentileInterval({ samples }: Resampled): Interval {
  const values = Float64Array.from(samples, ({ value }) => value).sort();
  return { lower: quantile(values, ALPHA / 2), upper: quantile(values, 1 - ALPHA / 2) };
}

/**
 * Quantiles of how many standard errors the resampled values lie off, laid around the value (bootstrap-t: Efron, Tibshirani,
 * An Introduction to the Bootstrap, 1993, chapter 12). Unlike percentiles it follows the skew that a few large weights bring.
 */
export function studentisedInterval({ point, samples }: Resampled): Interval {
  const usable = samples.filter(({ error }) => error > 0);
  if (usable.length === 0) return { lower: point.value, upper: point.value };
  const off = Float64Array.from(usable, ({ value, error }) => (value - point.value) / error).sort();
  return {
    lower: point.value - quantile(off, 1 - ALPHA / 2) * point.error,
    upper: point.value - quantile(off, ALPHA / 2) * point.error,
  };
}

function drawn(count: number, random: () => number): Counts {
  const counts = new Uint16Array(count);
  for (let n = 0; n < count; n++) counts[Math.floor(random() * count)]! += 1;
  return counts;
}

/** Of sorted values, between two neighbours by distance. */
function quantile(sorted: Float64Array, share: number): number {
  const at = share * (sorted.length - 1);
  const below = Math.floor(at);
  const [low, high] = [sorted[below] ?? Number.NaN, sorted[Math.min(below + 1, sorted.length - 1)] ?? Number.NaN];
  return low + (at - below) * (high - low);
}
