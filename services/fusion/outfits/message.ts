import type { MessageInitShape } from "@bufbuild/protobuf";
import type { OutfitSchema } from "../../../gen/flashfit/fusion/v1/outfit_pb.ts";
import type { RankPart } from "../ranking/rank-types.ts";
import { shownParts } from "../shown-parts.ts";
import type { Verdict } from "./judge.ts";
import { outfitId } from "./outfit-id.ts";
import { type KnownSlot, SLOTS } from "./slots.ts";

/** What callers see of a garment in an outfit. */
export interface ShownGarment {
  id: string;
  slot: KnownSlot;
  category: string;
  colour: string;
  owned: boolean;
}

export type OutfitMessage = MessageInitShape<typeof OutfitSchema>;

/** An outfit as callers see it, its garments in the order of the slots. */
export function outfitMessage(
  garments: readonly ShownGarment[],
  { score, compatibility, parts, reason }: Omit<Verdict, "parts"> & { parts: readonly RankPart[] },
  given: ReadonlySet<string> = new Set(),
) {
  return {
    id: outfitId(garments.map(({ id }) => id)),
    garments: [...garments]
      .sort((a, b) => SLOTS.indexOf(a.slot) - SLOTS.indexOf(b.slot))
      .map(({ id, slot, category, colour, owned }) => ({ id, slot, category, colour, owned, given: given.has(id) })),
    score,
    compatibility,
    parts: shownParts(parts),
    reason,
  } satisfies OutfitMessage;
}
