import type { Logger } from "../kit/log.ts";
import { bytesFromFloats } from "../kit/vector.ts";
import type { RankOutput } from "./ranking/rank-types.ts";
import type { Stages } from "./stages.ts";
import type { Upstreams } from "./upstreams.ts";

/** A list as it is shown, and for whom. */
export interface ShownList {
  recommendationId: string;
  /** Empty: nobody in particular. */
  userId: string;
  kind: "photo" | "text" | "item" | "home" | "rerank";
  /** The garment asked for. */
  itemId?: string | undefined;
  ranked: RankOutput;
  /** Category and colour of an item; undefined: not known. */
  lookOf(id: string): { category: string; colour: string } | undefined;
  degraded: readonly string[];
}

/** Tells Feedback of a list; false if it could not: an answer that was not recorded is better than none. */
export type RecommendationLog = (shown: ShownList, timeoutMs: number) => Promise<boolean>;

/** What people answer to beyond that is not learned from. */
const MOST_ITEMS = 100;

export function createRecommendationLog({
  feedback,
  stages,
  log,
}: {
  feedback: Pick<Upstreams["feedback"], "recordRecommendation">;
  stages: Stages;
  log: Logger;
}): RecommendationLog {
  return async ({ recommendationId, userId, kind, itemId = "", ranked, lookOf, degraded }, timeoutMs) => {
    const items = ranked.items.slice(0, MOST_ITEMS).map(({ id, score, propensity, otherPropensities, features }) => {
      const { category = "", colour = "" } = lookOf(id) ?? {};
      return {
        ...{ itemId: id, score, propensity, features: bytesFromFloats(features), category, colour },
        otherPropensities: Object.fromEntries(otherPropensities),
      };
    });
    const { policy, layout, weights } = ranked;
    const recommendation = {
      ...{ id: recommendationId, userId, kind, queryItemId: itemId, policy, layout, items },
      ...{ weights: Object.fromEntries(weights), degraded: [...degraded] },
    };
    try {
      await stages.time("record", () => feedback.recordRecommendation({ recommendation }, { timeoutMs }));
      return true;
    } catch (error) {
      log.warn({ event: "degraded", part: "recommendation_log", err: error }, "a recommendation was not recorded");
      return false;
    }
  };
}
