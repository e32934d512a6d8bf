/** When a lost inference process is started again. Times in milliseconds. */
export interface RestartPolicy {
  /** Before the first restart; every further wait is three times the one before. */
  firstMs: number;
  longestMs: number;
  /** A process that ran this long has recovered: its next loss counts as the first again. */
  recoveredAfterMs: number;
}

/** The first comes at once: runs wait for it. */
export const standardPolicy: RestartPolicy = { firstMs: 0, longestMs: 10_000, recoveredAfterMs: 30_000 };

/** Losses in a row, this one included. */
export function lossesInARow(policy: RestartPolicy, before: number, ranMs: number): number {
  return ranMs >= policy.recoveredAfterMs ? 1 : before + 1;
}

/** How long to wait before the restart after the n-th loss in a row, n from 1. */
export function restartDelayMs({ firstMs, longestMs }: RestartPolicy, losses: number): number {
  if (!Number.isInteger(losses) || losses < 1) throw new RangeError(`expected a count from 1 on, got ${losses}`);
  if (losses === 1) return Math.min(firstMs, longestMs);
  return Math.min(longestMs, Math.max(100, firstMs) * 3 ** Math.min(losses - 2, 30));
}

/**
 * Whether a process has grown enough to be replaced by a fresh one: past the limit, and by a quarter more than it had
 * once its graphs were open, because one that starts above the limit would otherwise be replaced for ever.
 */
export function hasOutgrown(rssBytes: number, startedAtBytes: number, limitBytes: number): boolean {
  return rssBytes > Math.max(limitBytes, 1.25 * startedAtBytes);
}
