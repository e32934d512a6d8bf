import { openPageToken, sealPageToken } from "../kit/page-token.ts";
import { parseGarmentId } from "./garment-id.ts";

/** The last garment of a page: the next page begins behind it. */
export interface PageEnd {
  /** Microseconds since 1970. */
  createdAtMicros: bigint;
  id: string;
}

/** An opaque token for what follows `end` in the list that `listing` describes. */
export function writePageToken({ createdAtMicros, id }: PageEnd, listing: readonly string[]): string {
  return sealPageToken([String(createdAtMicros), id], listing);
}

/** Where the token says to go on, or undefined if it is none of `writePageToken`'s for the same list. */
export function readPageToken(token: string, listing: readonly string[]): PageEnd | undefined {
  const [micros = "", writtenId = "", ...more] = openPageToken(token, listing) ?? [];
  const id = parseGarmentId(writtenId);
  // 16 digits of microseconds reach to the year 2286.
  if (!/^\d{1,16}$/.test(micros) || id === undefined || more.length > 0) return undefined;
  return { createdAtMicros: BigInt(micros), id };
}
