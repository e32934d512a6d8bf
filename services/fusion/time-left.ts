import { timeLeftMs } from "../kit/context.ts";

/** Without a deadline of the caller's. */
const DEFAULT_TIME_MS = 10_000;

/** What one part may take of the time that is left, in whole milliseconds, so that there is some to answer without that part. */
export function halfOfTheTimeLeft(): number {
  return Math.max(1, Math.floor(timeLeftMs(DEFAULT_TIME_MS) / 2));
}
