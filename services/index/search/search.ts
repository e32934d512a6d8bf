import type { HandlerContext } from "@connectrpc/connect";
import type { SearchRequest } from "../../../gen/flashfit/index/v1/index_pb.ts";
import { invalidArgument } from "../../kit/errors.ts";
import type { IndexEvents } from "../events.ts";
import type { IndexMetrics } from "../metrics.ts";
import type { ItemStore, ModelIndex } from "../store.ts";
import type { Neighbour } from "../vectors/types.ts";
import { diversify } from "./diversify.ts";
import { neighbourList, neighbourMessage, paramsOf, planMessage, searchResponse } from "./messages.ts";
import { type Cursor, cutPage, DEEPEST, FIRST_PAGE, reachOf, readCursor, writeCursor } from "./page.ts";
import { parseQuery, reach, requireIndex } from "./query.ts";
import { type TimedAnswer, watchSearches } from "./watched.ts";

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
    const reached = diversity ? poolOf(request) : cursor ? reachOf(cursor, k) : k;
    const options = { k: reached, exact, signal, filter, minScore, params: paramsOf(params) };
    const asked = { queries: parsed, options, seq: appliedSeq };
    const searches = store.search(parsed, options);
    const [only] = searches;
    // Of one index, as most calls are, the answers are in the order of the queries.
    const answers =
      searches.length === 1
        ? await watch(asked, only!)
        : byPlace(await Promise.all(searches.map((one) => watch(asked, one))));
    const lists = answers.map(({ neighbours }) => neighbours);
    const { pages, next } = cursor ? cutPage(lists, cursor, k, appliedSeq) : { pages: lists, next: undefined };
    const shown = diversity ? await diverse(parsed, pages, request, signal) : pages;
    const messageOf = (neighbour: Neighbour) =>
      neighbourMessage(neighbour, request.withAttributes ? store.items.get(neighbour.itemId) : undefined);
    const results = answers.map(({ plan, ms }, at) =>
      neighbourList({
        index: parsed[at]!.index.name,
        neighbours: shown[at]!.map(messageOf),
        plan: request.explain ? planMessage(plan, ms) : undefined,
      }),
    );
    return searchResponse({ results, appliedSeq, nextPageToken: next ? writeCursor(next, request) : "" });
  };
}

/** The answers of several searches in the order of the call's queries. */
function byPlace(answers: TimedAnswer[][]): TimedAnswer[] {
  return answers.flat().sort((a, b) => a.place - b.place);
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

/** Of each pool those that are shown. */
function diverse(
  parsed: readonly { index: ModelIndex }[],
  lists: Neighbour[][],
  { diversity, k }: SearchRequest,
  signal: AbortSignal,
): Promise<Neighbour[][]> {
  return Promise.all(
    lists.map((neighbours, at) => {
      const { vectors, metric } = parsed[at]!.index;
      // An item that was deleted since the search began is not shown.
      const pool = neighbours.flatMap((neighbour) => {
        const vector = vectors?.vector(neighbour.itemId);
        return vector ? [{ ...neighbour, vector }] : [];
      });
      return diversify(pool, { lambda: diversity?.lambda ?? LAMBDA, k, metric, signal });
    }),
  );
}
