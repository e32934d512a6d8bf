import type { Timestamp } from "@bufbuild/protobuf/wkt";

// google.protobuf.Timestamp: 0001-01-01T00:00:00Z to 9999-12-31T23:59:59Z.
const FIRST_SECOND = -62_135_596_800n;
const LAST_SECOND = 253_402_300_799n;

/**
 * Microseconds since 1970; what is finer is cut off.
 *
 * @throws RangeError outside the years 1 to 9999, or more than `maxAheadMs` after `nowMs`.
 */
export function eventMicros(
  { seconds, nanos }: Pick<Timestamp, "seconds" | "nanos">,
  nowMs: number,
  maxAheadMs: number,
): bigint {
  if (seconds < FIRST_SECOND || seconds > LAST_SECOND || nanos < 0 || nanos > 999_999_999) {
    throw new RangeError(`must be a time of the years 1 to 9999, got ${seconds} seconds and ${nanos} nanos`);
  }
  const micros = seconds * 1_000_000n + BigInt(Math.floor(nanos / 1000));
  const latest = nowMs + maxAheadMs;
  if (micros > BigInt(latest) * 1000n) {
    const got = new Date(Number(micros / 1000n)).toISOString();
    throw new RangeError(`must not lie in the future: the latest is ${new Date(latest).toISOString()}, got ${got}`);
  }
  return micros;
}
