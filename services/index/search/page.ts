import { create, toBinary } from "@bufbuild/protobuf";
import { type SearchRequest, SearchRequestSchema } from "../../../gen/flashfit/index/v1/index_pb.ts";
import { openPageToken, sealPageToken } from "../../kit/page-token.ts";
import { compare } from "../vectors/answer.ts";
import type { Neighbour } from "../vectors/types.ts";

/** All pages of a search look at no more neighbours of a query than this. */
export const DEEPEST = 1000;

/** Where the pages of a search are. */
export interface Cursor {
  /** The change that the page before was answered at. */
  seq: bigint;
  /** Neighbours looked at, of each query. */
  depth: number;
  /** By query: the last neighbour that was given; undefined: none, because the list was empty. */
  last: (Neighbour | undefined)[];
}

export const FIRST_PAGE: Cursor = { seq: 0n, depth: 0, last: [] };

/** How many neighbours of each query have to be looked at for a page: one more than it shows says whether it goes on. */
export function reachOf({ depth }: Cursor, k: number): number {
  return Math.min(DEEPEST, depth + k + 1);
}

/** The page behind `cursor` out of each query's nearest, and where the next one begins; undefined: that was all. */
export function cutPage(lists: Neighbour[][], cursor: Cursor, k: number, seq: bigint) {
  const rest = lists.map((list, at) => {
    const last = cursor.last[at];
    return last ? list.filter((neighbour) => compare(neighbour, last) > 0) : list;
  });
  const pages = rest.map((list) => list.slice(0, k));
  const depth = cursor.depth + k;
  const looked = reachOf(cursor, k);
  // A list that is as long as was looked may go on, even where what came in between left little of it behind the cursor.
  const goesOn = depth < DEEPEST && lists.some((list, at) => rest[at]!.length > k || list.length === looked);
  const next = goesOn ? { seq, depth, last: pages.map((page, at) => page.at(-1) ?? cursor.last[at]) } : undefined;
  return { pages, next };
}

/** An opaque token for a cursor of this request. */
export function writeCursor({ seq, depth, last }: Cursor, request: SearchRequest): string {
  return sealPageToken([String(seq), String(depth), ...last.map(encodeNeighbour)], listing(request));
}

/** The cursor of a token; undefined if it is none of `writeCursor`'s for the same search. */
export function readCursor(token: string, request: SearchRequest): Cursor | undefined {
  const [seq = "", depth = "", ...last] = openPageToken(token, listing(request)) ?? [];
  if (!/^\d{1,19}$/.test(seq) || !/^\d{1,4}$/.test(depth) || last.length !== request.queries.length) return undefined;
  return { seq: BigInt(seq), depth: Number(depth), last: last.map(decodeNeighbour) };
}

/** What all pages of a search have in common. */
function listing({ queries, filter, minScore, exact, params }: SearchRequest): string[] {
  const same = create(SearchRequestSchema, {
    queries,
    exact,
    ...(filter && { filter }),
    ...(minScore !== undefined && { minScore }),
    ...(params && { params }),
  });
  return [Buffer.from(toBinary(SearchRequestSchema, same)).toString("base64")];
}

/** Eight hexadecimal digits of the score's float32, then the id. */
function encodeNeighbour(neighbour: Neighbour | undefined): string {
  if (!neighbour) return "";
  const score = Buffer.alloc(4);
  score.writeFloatBE(neighbour.score);
  return score.toString("hex") + Buffer.from(neighbour.itemId).toString("base64url");
}

function decodeNeighbour(text: string): Neighbour | undefined {
  if (text === "") return undefined;
  const score = Buffer.from(text.slice(0, 8), "hex").readFloatBE();
  return { itemId: Buffer.from(text.slice(8), "base64url").toString(), score };
}
