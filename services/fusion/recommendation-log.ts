import { Code, ConnectError } from "@connectrpc/connect";
import { codeFromString } from "@connectrpc/connect/protocol-connect";
import type { Recommendation, ShownItem } from "../../gen/flashfit/feedback/v1/feedback_pb.ts";
import { currentCall, outsideOfCalls } from "../kit/context.ts";
import type { Logger } from "../kit/log.ts";
import { bytesFromFloats } from "../kit/vector.ts";
import type { RankOutput } from "./ranking/rank-types.ts";
import { SharedSends } from "./shared-sends.ts";
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
/** What an item looks like that is not known. */
const UNKNOWN: { category?: string; colour?: string } = {};
/** A list waits no longer than this for others, milliseconds: Feedback, too, writes together what comes meanwhile. */
const MOST_WAIT_MS = 10;
/** Lists of one call: some 40 KB each. */
const MOST_AT_ONCE = 64;

/**
 * Lists of many calls go to Feedback together, because a call to another service costs as much as the list itself. One is
 * acknowledged when Feedback has committed it; each keeps its own deadline, and its own failure.
 */
export function createRecommendationLog({
  feedback,
  stages,
  log,
}: {
  feedback: Pick<Upstreams["feedback"], "recordRecommendations">;
  stages: Stages;
  log: Logger;
}): RecommendationLog {
  const sends = new SharedSends<Recommendation>({
    mostWaitMs: MOST_WAIT_MS,
    mostAtOnce: MOST_AT_ONCE,
    // What belongs to many calls must not end with one of them, nor speak in the name of its user.
    send: (recommendations, timeoutMs) =>
      outsideOfCalls(async () => {
        const { recorded } = await feedback.recordRecommendations({ recommendations }, { timeoutMs });
        return recorded.map(({ code, message }) => (code === "" ? undefined : refusal(code, message)));
      }),
  });
  return async (shown, timeoutMs) => {
    try {
      await stages.time("record", () => sends.add(toRecommendation(shown), timeoutMs, currentCall()?.signal));
      return true;
    } catch (error) {
      log.warn({ event: "degraded", part: "recommendation_log", err: error }, "a recommendation was not recorded");
      return false;
    }
  };
}

function toRecommendation(shown: ShownList): Recommendation {
  const { recommendationId, userId, kind, itemId = "", ranked, lookOf, degraded } = shown;
  const items = ranked.items.slice(0, MOST_ITEMS).map(({ id, score, propensity, otherPropensities, features }) => {
    const { category = "", colour = "" } = lookOf(id) ?? UNKNOWN;
    // Messages as they are: the call would copy each of the hundred from anything else.
    const item: ShownItem = {
      $typeName: "flashfit.feedback.v1.ShownItem",
      itemId: id,
      score,
      propensity,
      features: bytesFromFloats(features),
      category,
      colour,
      otherPropensities,
    };
    return item;
  });
  const { policy, layout, weights, expectedFeatures } = ranked;
  const expected = [...expectedFeatures].map(([name, features]) => [name, bytesFromFloats(features)] as const);
  return {
    $typeName: "flashfit.feedback.v1.Recommendation",
    ...{ id: recommendationId, userId, kind, queryItemId: itemId, policy, layout, items, degraded: [...degraded] },
    ...{ weights: Object.fromEntries(weights), expectedFeatures: Object.fromEntries(expected) },
  };
}

/** @param code Connect's name of it */
function refusal(code: string, message: string): ConnectError {
  return new ConnectError(message, codeFromString(code) ?? Code.Unknown);
}
