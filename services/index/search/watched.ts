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

export interface TimedAnswer extends VectorAnswer {
  /** Which of the call's queries it answers. */
  place: number;
  ms: number;
}

/** Times searches, and tells of each query how it ended. */
export function watchSearches(metrics: IndexMetrics, events: IndexEvents) {
  const tell = (index: string, { queries, options, seq }: Asked, answer: TimedAnswer) => {
    const { k, filter, minScore, exact = false, params } = options;
    const { vector } = queries[answer.place]!;
    const { ms } = answer;
    metrics.answered(index, answer.plan, ms);
    events.tell("answered", { index, vector, k, filter, minScore, exact, params, answer, seq, ms });
  };
  return async (asked: Asked, { index: { name }, places, answers }: IndexSearch): Promise<TimedAnswer[]> => {
    const began = performance.now();
    try {
      const ended = await answers;
      const ms = performance.now() - began;
      return ended.map(({ neighbours, plan }, at) => {
        const answer = { neighbours, plan, place: places[at]!, ms };
        tell(name, asked, answer);
        return answer;
      });
    } catch (error) {
      if (!asked.options.signal?.aborted) for (const _ of places) events.tell("failed", { index: name, error });
      throw error;
    }
  };
}
