import type { IndexEvents } from "../events.ts";
import type { IndexMetrics } from "../metrics.ts";
import type { SearchOptions, StoreQuery } from "../store.ts";
import type { VectorAnswer } from "../vectors/types.ts";

export interface WatchedSearch {
  query: StoreQuery;
  options: SearchOptions;
  /** Change that was applied last when the search began. */
  seq: bigint;
}

/** Times searches, and tells of each how it ended. */
export function watchSearches(metrics: IndexMetrics, events: IndexEvents) {
  return async ({ query, options, seq }: WatchedSearch, search: Promise<VectorAnswer>) => {
    const { index, vector } = query;
    try {
      const timed = await metrics.timed(index.name, search);
      const { k, filter, minScore, exact = false, params } = options;
      events.tell("answered", {
        ...{ index: index.name, vector, k, exact, seq, answer: timed.answer, ms: timed.ms },
        ...(filter && { filter }),
        ...(minScore !== undefined && { minScore }),
        ...(params && { params }),
      });
      return timed;
    } catch (error) {
      if (!options.signal?.aborted) events.tell("failed", { index: index.name, error });
      throw error;
    }
  };
}
