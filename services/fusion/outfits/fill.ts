import type { FillInTheBlankRequest } from "../../../gen/flashfit/fusion/v1/outfit_pb.ts";
import { Degraded } from "../degraded.ts";
import { namedGarments, requireWearable } from "./given.ts";
import { createJudge, verdictOf } from "./judge.ts";
import { TASTE_FEATURES } from "./layout.ts";
import { judgementFor } from "./learning.ts";
import type { OutfitParts } from "./options.ts";
import { createPieces } from "./pieces.ts";
import { reasonOf } from "./words.ts";

/** Orders candidates by how well each completes an outfit, as `OutfitService.FillInTheBlank` says. */
export async function fillInTheBlank({ userId, itemIds, candidateIds }: FillInTheBlankRequest, parts: OutfitParts) {
  const named = { userId, store: parts.store };
  const given = await namedGarments(itemIds, { ...named, field: "item_ids" });
  const candidates = await namedGarments(candidateIds, { ...named, field: "candidate_ids" });
  requireWearable(given, "item_ids");
  for (const candidate of candidates) requireWearable([...given, candidate], "candidate_ids");

  const degraded = new Degraded(parts);
  const judgement = await judgementFor(userId, parts, degraded);
  const pieces = await createPieces(judgement, parts, degraded);
  const whole = await pieces.whole([...given, ...candidates]);
  const outfit = whole.slice(0, given.length);
  const judge = createJudge();
  const fillings = whole.slice(given.length).map((piece) => {
    const filled = [...outfit, piece];
    const verdict = verdictOf(filled, judge.features(filled), judgement.belief.mean);
    const together = verdict.parts.filter(({ name }) => !TASTE_FEATURES.includes(name));
    return { itemId: piece.id, compatibility: verdict.compatibility, reason: reasonOf(filled, together) };
  });
  fillings.sort((a, b) => b.compatibility - a.compatibility || (a.itemId < b.itemId ? -1 : 1));
  return { fillings, degraded: degraded.parts };
}
