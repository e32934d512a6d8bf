import { bytesFromFloats } from "../../kit/vector.ts";
import { halfOfTheTimeLeft } from "../time-left.ts";
import { orWithout } from "./degrade.ts";
import { LAYOUT } from "./layout.ts";
import type { OutfitParts } from "./options.ts";

/** An outfit as it was shown. */
export interface ShownOutfit {
  id: string;
  score: number;
  propensity: number;
  otherPropensities: Record<string, number>;
  features: Float32Array;
}

export interface OutfitRecommendation {
  id: string;
  /** Empty: nobody in particular. */
  userId: string;
  policy: string;
  queryItemId: string;
  degraded: string[];
  /** Best first. */
  shown: readonly ShownOutfit[];
}

/**
 * Tells Feedback what was shown, so that answers to it can be learned from. An answer that was not recorded is better than
 * none: then "recommendation_log" is in `degraded`.
 */
export async function recordOutfits(
  { shown, ...recommendation }: OutfitRecommendation,
  { upstreams, stages, log }: Pick<OutfitParts, "upstreams" | "stages" | "log">,
): Promise<void> {
  const items = shown.map(({ id, features, ...rest }) => ({
    ...rest,
    itemId: id,
    features: bytesFromFloats(features),
  }));
  const message = { ...recommendation, kind: "outfit", layout: LAYOUT, items };
  const record = async () => {
    await upstreams.feedback.recordRecommendation({ recommendation: message }, { timeoutMs: halfOfTheTimeLeft() });
  };
  const { degraded } = recommendation;
  await orWithout(() => stages.time("record", record), {
    part: "recommendation_log",
    instead: undefined,
    degraded,
    log,
  });
}
