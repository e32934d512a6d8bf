/** When a crashed child is started again. Times in milliseconds. */
export interface RestartPolicy {
  /** Before the first restart. */
  firstMs: number;
  /** Before the second; every further wait is twice the one before. */
  secondMs: number;
  longestMs: number;
  /** A child that ran this long has recovered: its next crash counts as the first again. */
  recoveredAfterMs: number;
}

export const standardPolicy: RestartPolicy = {
  firstMs: 100,
  secondMs: 500,
  longestMs: 10_000,
  recoveredAfterMs: 30_000,
};

/** Crashes in a row, this one included. */
export function crashesInARow(policy: RestartPolicy, before: number, ranMs: number): number {
  return ranMs >= policy.recoveredAfterMs ? 1 : before + 1;
}

/** How long to wait before the restart after the n-th crash in a row, n from 1. */
export function restartDelayMs(policy: RestartPolicy, crashes: number): number {
  if (!Number.isInteger(crashes) || crashes < 1) throw new RangeError(`expected a count from 1 on, got ${crashes}`);
  if (crashes === 1) return policy.firstMs;
  return Math.min(policy.longestMs, policy.secondMs * 2 ** Math.min(crashes - 2, 30));
}
