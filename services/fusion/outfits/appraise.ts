import { Degraded } from "../degraded.ts";
import { namedGarments, requireWearable } from "./given.ts";
import { createJudge, verdictOf } from "./judge.ts";
import { judgementFor } from "./learning.ts";
import type { OutfitParts } from "./options.ts";
import { createPieces } from "./pieces.ts";

/** What is said of these garments together, by what is believed of the person on average: without chance. Errors: as `ScoreOutfit`. */
export async function appraise(itemIds: readonly string[], userId: string, parts: OutfitParts) {
  const garments = await namedGarments(itemIds, { field: "item_ids", userId, store: parts.store });
  requireWearable(garments, "item_ids");
  const degraded = new Degraded(parts);
  const judgement = await judgementFor(userId, parts, degraded);
  const pieces = await createPieces(judgement, parts, degraded);
  const whole = await pieces.whole(garments);
  const verdict = verdictOf(whole, createJudge().features(whole), judgement.belief.mean);
  return { pieces: whole, verdict, degraded: degraded.parts };
}
