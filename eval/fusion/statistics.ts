import { seeded } from "./random.ts";

/** A mean over populations with its 95 % interval. */
export interface Interval {
  value: number;
  lower: number;
  upper: number;
}

const RESAMPLES = 4000;

/**
 * The 95 % percentile interval of a statistic by bootstrap (Efron 1979) over whole populations: people of one population are
 * alike, so it is populations that are drawn again, all methods of one together, which makes differences paired.
 *
 * @param rows one a population: the mean of each method over its people.
 * @param statistic of the mean row of a resample.
 */
export function interval<R extends Record<string, number>>(
  rows: readonly R[],
  statistic: (mean: R) => number,
  seed: number,
): Interval {
  const random = seeded(seed, 7);
  const draws = Array.from({ length: RESAMPLES }, () => {
    const drawn = rows.map(() => rows[Math.floor(random() * rows.length)] as R);
    return statistic(meanRow(drawn));
  }).sort((a, b) => a - b);
  const at = (part: number) => draws[Math.min(draws.length - 1, Math.floor(part * draws.length))] as number;
  return { value: statistic(meanRow(rows)), lower: at(0.025), upper: at(0.975) };
}

export function meanRow<R extends Record<string, number>>(rows: readonly R[]): R {
  const names = Object.keys(rows[0] ?? {});
  return Object.fromEntries(
    names.map((name) => [name, rows.reduce((sum, row) => sum + (row[name] as number), 0) / rows.length]),
  ) as R;
}

export function written({ value, lower, upper }: Interval, digits = 4): string {
  return `${value.toFixed(digits)} [${lower.toFixed(digits)}, ${upper.toFixed(digits)}]`;
}
