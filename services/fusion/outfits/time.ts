import { timeLeftMs } from "../../kit/context.ts";

/** Without a deadline of the caller's. */
const DEFAULT_TIME_MS = 10_000;

/** What one part may take, in whole milliseconds: half of the time left, so that there is time to answer without it. */
export function halfOfTheTimeLeft(): number {
  return Math.max(1, Math.floor(timeLeftMs(DEFAULT_TIME_MS) / 2));
}
