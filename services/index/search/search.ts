import type { HandlerContext } from "@connectrpc/connect";
import type { SearchRequest } from "../../../gen/flashfit/index/v1/index_pb.ts";
import { invalidArgument } from "../../kit/errors.ts";
import type { IndexEvents } from "../events.ts";
import type { IndexMetrics } from "../metrics.ts";
import type { ItemStore, ModelIndex } from "../store.ts";
import type { Neighbour } from "../vectors/types.ts";
import { diversify } from "./diversify.ts";
import { neighbourMessage, paramsOf, planMessage } from "./messages.ts";
import { type Cursor, cutPage, DEEPEST, FIRST_PAGE, reachOf, readCursor, writeCursor } from "./page.ts";
import { parseQuery, reach, requireIndex } from "./query.ts";
import { watchSearches } from "./watched.ts";

/** Pool of a diverse search that names none, as a multiple of `k`. */
const POOL = 4;
const LAMBDA = 0.7;

/** Answers Search. */
export function createSearch(store: ItemStore, metrics: IndexMetrics, events: IndexEvents) {
  const watch = watchSearches(metrics, events);
  return async (request: SearchRequest, { signal }: Pick<HandlerContext, "signal">) => {
    const { queries, k, filter, minSeq, minScore, exact, params, diversity } = request;
    for (const { index } of queries) requireIndex(store, index);
    const cursor = cursorOf(request);
    await reach(store, cursor && cursor.seq > minSeq ? cursor.seq : minSeq, signal);
    // From here to the start of the scans nothing is awaited: all lists and the seq are of one state.
    const parsed = queries.map((query, at) => parseQuery(store, query, `queries[${at}]`));
    const appliedSeq = store.applied.value;
    const options = {
      k: diversity ? poolOf(request) : cursor ? reachOf(cursor, k) : k,
      exact,
      signal,
      ...(filter && { filter }),
      ...(minScore !== undefined && { minScore }),
      ...(params && { params: paramsOf(params) }),
    };
    const searches = store.search(parsed, options);
    const answers = await Promise.all(
      searches.map((search, at) => watch({ query: parsed[at]!, options, seq: appliedSeq }, search)),
    );
    const lists = answers.map(({ answer }) => answer.neighbours);
    const { pages, next } = cursor
      ? cutPage(lists, cursor, k, appliedSeq)
      : { pages: await shown(parsed, lists, request, signal) };
    const results = answers.map(({ answer, ms }, at) => ({
      index: parsed[at]!.index.name,
      neighbours: pages[at]!.map((neighbour) =>
        request.withAttributes ? neighbourMessage(neighbour, store.items.get(neighbour.itemId)) : neighbour,
      ),
      ...(request.explain && { plan: planMessage(answer.plan, ms) }),
    }));
    return { results, appliedSeq, ...(next && { nextPageToken: writeCursor(next, request) }) };
  };
}

/** Where a paged search goes on; undefined: it is not paged. */
function cursorOf(request: SearchRequest): Cursor | undefined {
  const { pageToken, paged, diversity } = request;
  if (!pageToken && !paged) return undefined;
  if (diversity) throw invalidArgument("diversity", "must not be set in a paged search: order by nearness has pages");
  if (!pageToken) return FIRST_PAGE;
  const cursor = readCursor(pageToken, request);
  if (cursor) return cursor;
  throw invalidArgument("page_token", "must be the next_page_token of the same search; leave it empty to begin anew");
}

function poolOf({ k, diversity }: SearchRequest): number {
  const pool = diversity?.pool || Math.min(DEEPEST, POOL * k);
  if (pool < k) throw invalidArgument("diversity.pool", `must be at least k, ${k}; got ${pool}`);
  return pool;
}

function shown(
  parsed: readonly { index: ModelIndex }[],
  lists: Neighbour[][],
  { diversity, k }: SearchRequest,
  signal: AbortSignal,
): Neighbour[][] | Promise<Neighbour[][]> {
  if (!diversity) return lists;
  return Promise.all(
    lists.map((neighbours, at) => {
      const { vectors, metric } = parsed[at]!.index;
      // An item that was deleted since the search began is not shown.
      const pool = neighbours.flatMap((neighbour) => {
        const vector = vectors?.vector(neighbour.itemId);
        return vector ? [{ ...neighbour, vector }] : [];
      });
      return diversify(pool, { lambda: diversity.lambda ?? LAMBDA, k, metric, signal });
    }),
  );
}
