import { createHash } from "node:crypto";
import { parseGarmentId } from "./garment-id.ts";

/** The last garment of a page: the next page begins behind it. */
export interface PageEnd {
  /** Microseconds since 1970. */
  createdAtMicros: bigint;
  id: string;
}

// 16 digits of microseconds reach to the year 2286.
const FORMAT = /^1\.(\d{1,16})\.([0-9a-f-]{36})\.([0-9a-f]{8})$/;

/** An opaque token for what follows `end` in the list that `listing` describes. */
export function writePageToken({ createdAtMicros, id }: PageEnd, listing: readonly string[]): string {
  return Buffer.from(`1.${createdAtMicros}.${id}.${fingerprint(listing)}`, "latin1").toString("base64url");
}

/**
 * Where the token says to go on, or undefined if it is none of `writePageToken`'s for the same list.
 * @param listing what the list is filtered by; a token of one list means nothing in another
 */
export function readPageToken(token: string, listing: readonly string[]): PageEnd | undefined {
  const [, micros, writtenId = "", of] = FORMAT.exec(Buffer.from(token, "base64url").toString("latin1")) ?? [];
  const id = parseGarmentId(writtenId);
  if (micros === undefined || id === undefined || of !== fingerprint(listing)) return undefined;
  return { createdAtMicros: BigInt(micros), id };
}

function fingerprint(listing: readonly string[]): string {
  return createHash("sha256").update(JSON.stringify(listing)).digest("hex").slice(0, 8);
}
