import { openPageToken, sealPageToken } from "../../kit/page-token.ts";

/** The last event of a page: the next page begins behind it. */
export interface PageEnd {
  /** Microseconds since 1970. */
  occurredAtMicros: bigint;
  seq: bigint;
}

/** An opaque token for what follows `end` in the events of `userId`. */
export function writePageToken({ occurredAtMicros, seq }: PageEnd, userId: string): string {
  return sealPageToken([String(occurredAtMicros), String(seq)], [userId]);
}

/** Where the token says to go on, or undefined if it is none of `writePageToken`'s for this person. */
export function readPageToken(token: string, userId: string): PageEnd | undefined {
  const [micros = "", seq = "", ...more] = openPageToken(token, [userId]) ?? [];
  if (!/^-?\d{1,18}$/.test(micros) || !/^\d{1,18}$/.test(seq) || more.length > 0) return undefined;
  return { occurredAtMicros: BigInt(micros), seq: BigInt(seq) };
}
