import { invalidArgument } from "../kit/errors.ts";
import { type PageEnd, readPageToken, writePageToken } from "./page-token.ts";

/** One page of a list whose entries come newest first. */
export interface Page {
  /** Only what stands behind this entry; undefined: from the beginning. */
  after: PageEnd | undefined;
  /** How many to look for: one more than is shown, which says whether there is another page. */
  limit: number;
  /** The entries to show of those found, and the token of the page that follows; empty: this is the last one. */
  cut<T extends PageEnd>(found: readonly T[]): { shown: T[]; nextPageToken: string };
}

const DEFAULT_SIZE = 100;

/**
 * The page that a request asks for. Errors: INVALID_ARGUMENT for a token of another list.
 * @param listing what list it is: whose, of which categories
 */
export function pageFor(
  { pageSize, pageToken }: { pageSize: number; pageToken: string },
  listing: readonly string[],
): Page {
  const after = pageToken === "" ? undefined : readPageToken(pageToken, listing);
  if (pageToken !== "" && after === undefined) {
    throw invalidArgument("page_token", "must be the next_page_token of a page of the same list");
  }
  const size = pageSize || DEFAULT_SIZE;
  return {
    after,
    limit: size + 1,
    cut(found) {
      const shown = found.slice(0, size);
      const last = shown.at(-1);
      return { shown, nextPageToken: last && found.length > size ? writePageToken(last, listing) : "" };
    },
  };
}
