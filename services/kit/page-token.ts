import { createHash } from "node:crypto";

/** Version of the form, then the parts, then which list they belong to. */
const VERSION = "1";
const SEPARATOR = ".";

/**
 * An opaque token for where a page ended (keyset paging): `parts` are the sort key of its last row, without dots.
 * @param listing what the list is filtered by; a token of one list means nothing in another
 */
export function sealPageToken(parts: readonly string[], listing: readonly string[]): string {
  const text = [VERSION, ...parts, fingerprint(listing)].join(SEPARATOR);
  return Buffer.from(text, "latin1").toString("base64url");
}

/** The parts of a token, or undefined if it is none of `sealPageToken`'s for the same list. */
export function openPageToken(token: string, listing: readonly string[]): string[] | undefined {
  const [version, ...rest] = Buffer.from(token, "base64url").toString("latin1").split(SEPARATOR);
  const of = rest.pop();
  if (version !== VERSION || of !== fingerprint(listing)) return undefined;
  return sealPageToken(rest, listing) === token ? rest : undefined; // base64url has several spellings
}

function fingerprint(listing: readonly string[]): string {
  return createHash("sha256").update(JSON.stringify(listing)).digest("hex").slice(0, 8);
}
