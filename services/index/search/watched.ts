import type { IndexEvents } from "../events.ts";
import type { IndexMetrics } from "../metrics.ts";
import type { IndexSearch, SearchOptions, StoreQuery } from "../store.ts";
import type { VectorAnswer } from "../vectors/types.ts";

/** A call's queries, and how each is answered. */
export interface Asked {
  queries: readonly StoreQuery[];
  options: SearchOptions;
  /** Change that was applied last when the search began. */
  seq: bigint;
}

export interface Timed {
  answers: VectorAnswer[];
  ms: number;
}

/** Times searches, and tells of each query how it ended. */
export function watchSearches(metrics: IndexMetrics, events: IndexEvents) {
  return async ({ queries, options, seq }: Asked, { index: { name }, places, answers: search }: IndexSearch) => {
    const began = performance.now();
    try {
      const answers = await search;
      const ms = performance.now() - began;
      const { k, filter, minScore, exact = false, params } = options;
      for (let at = 0; at < places.length; at++) {
        const { vector } = queries[places[at]!]!;
        const answer = answers[at]!;
        metrics.answered(name, answer.plan, ms);
        events.tell("answered", { index: name, vector, k, filter, minScore, exact, params, answer, seq, ms });
      }
      return { answers, ms };
    } catch (error) {
      if (!options.signal?.aborted) for (const _ of places) events.tell("failed", { index: name, error });
      throw error;
    }
  };
}
