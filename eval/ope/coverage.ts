/** How an estimator did on many logs whose true value is known. */
export interface Record95 {
  value: number;
  lower: number;
  upper: number;
}

export interface Score {
  logs: number;
  /** Share of the logs whose interval holds the true value, and the 95 % interval of that share. */
  coverage: number;
  coverageLower: number;
  coverageUpper: number;
  /** Mean of value − truth. */
  bias: number;
  rmse: number;
  /** Mean width of the intervals. */
  width: number;
}

export function scoreOf(records: readonly Record95[], truth: number): Score {
  const logs = records.length;
  const mean = (of: (one: Record95) => number) => records.reduce((sum, one) => sum + of(one), 0) / logs;
  const inside = records.filter(({ lower, upper }) => lower <= truth && truth <= upper).length;
  const [coverageLower, coverageUpper] = wilson(inside, logs);
  return {
    logs,
    coverage: inside / logs,
    coverageLower,
    coverageUpper,
    bias: mean(({ value }) => value - truth),
    rmse: Math.sqrt(mean(({ value }) => (value - truth) ** 2)),
    width: mean(({ lower, upper }) => upper - lower),
  };
}

/** 95 % interval of a binomial share (Wilson, 1927). */
export function wilson(successes: number, trials: number): [number, number] {
  const z = 1.959964;
  const share = successes / trials;
  const middle = (share + z ** 2 / (2 * trials)) / (1 + z ** 2 / trials);
  const half = (z / (1 + z ** 2 / trials)) * Math.sqrt((share * (1 - share)) / trials + z ** 2 / (4 * trials ** 2));
  return [middle - half, middle + half];
}
