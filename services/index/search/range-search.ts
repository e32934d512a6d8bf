import type { HandlerContext } from "@connectrpc/connect";
import type { RangeSearchRequest } from "../../../gen/flashfit/index/v1/index_pb.ts";
import type { IndexEvents } from "../events.ts";
import type { IndexMetrics } from "../metrics.ts";
import type { ItemStore } from "../store.ts";
import { neighbourMessage } from "./messages.ts";
import { parseQuery, reach, requireIndex } from "./query.ts";
import { watchSearches } from "./watched.ts";

const MOST = 10_000;
/** Neighbours of a message. */
const PART = 500;

/** Answers RangeSearch. */
export function createRangeSearch(store: ItemStore, metrics: IndexMetrics, events: IndexEvents) {
  const watch = watchSearches(metrics, events);
  return async function* (request: RangeSearchRequest, { signal }: Pick<HandlerContext, "signal">) {
    const { minScore, filter, minSeq, withAttributes } = request;
    const query = request.query!; // validation refuses a request without one
    requireIndex(store, query.index);
    await reach(store, minSeq, signal);
    const parsed = parseQuery(store, query, "query");
    const appliedSeq = store.applied.value;
    const limit = request.limit || MOST;
    const options = { k: limit + 1, minScore, exact: true, signal, filter };
    const queries = [parsed];
    const [search] = store.search(queries, options);
    const [answer] = await watch({ queries, options, seq: appliedSeq }, search!);
    const { neighbours: found } = answer!;
    const neighbours = found
      .slice(0, limit)
      .map((neighbour) => neighbourMessage(neighbour, withAttributes ? store.items.get(neighbour.itemId) : undefined));
    for (let at = 0; at === 0 || at < neighbours.length; at += PART) {
      const last = at + PART >= neighbours.length;
      yield { neighbours: neighbours.slice(at, at + PART), more: last && found.length > limit, appliedSeq };
    }
  };
}
