import { createHash } from "node:crypto";

/** The last event of a page: the next page begins behind it. */
export interface PageEnd {
  /** Microseconds since 1970. */
  occurredAtMicros: bigint;
  seq: bigint;
}

const FORMAT = /^1\.(-?\d{1,18})\.(\d{1,18})\.([0-9a-f]{8})$/;

/** An opaque token for what follows `end` in the events of `userId`. */
export function writePageToken({ occurredAtMicros, seq }: PageEnd, userId: string): string {
  return Buffer.from(`1.${occurredAtMicros}.${seq}.${fingerprint(userId)}`, "latin1").toString("base64url");
}

/** Where the token says to go on, or undefined if it is none of `writePageToken`'s for this person. */
export function readPageToken(token: string, userId: string): PageEnd | undefined {
  const text = Buffer.from(token, "base64url").toString("latin1");
  const [, micros, seq, of] = FORMAT.exec(text) ?? [];
  if (micros === undefined || seq === undefined || of !== fingerprint(userId)) return undefined;
  const end = { occurredAtMicros: BigInt(micros), seq: BigInt(seq) };
  return writePageToken(end, userId) === token ? end : undefined;
}

function fingerprint(userId: string): string {
  return createHash("sha256").update(userId).digest("hex").slice(0, 8);
}
