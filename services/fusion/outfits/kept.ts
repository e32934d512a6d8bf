import type { ListOutfitsRequest, SaveOutfitRequest } from "../../../gen/flashfit/fusion/v1/outfit_pb.ts";
import { notFound } from "../../kit/errors.ts";
import { timestampFromMicros } from "../../kit/timestamp.ts";
import { parseGarmentId } from "../garment-id.ts";
import type { StoredGarment } from "../garment-store.ts";
import { visibleOwners } from "../owners.ts";
import { pageFor } from "../page.ts";
import { appraise } from "./appraise.ts";
import { type OutfitMessage, outfitMessage, type ShownGarment } from "./message.ts";
import type { OutfitParts } from "./options.ts";
import { outfitId } from "./outfit-id.ts";
import type { StoredOutfit } from "./outfit-store.ts";
import { slotOf } from "./slots.ts";

/** Keeps an outfit with what is said of it now. */
export async function saveOutfit({ userId, itemIds }: SaveOutfitRequest, parts: OutfitParts) {
  const { pieces, verdict, degraded } = await appraise(itemIds, userId, parts);
  const garmentIds = pieces.map(({ id }) => id);
  const { outfit, existed } = await parts.outfits.save(userId, { id: outfitId(garmentIds), garmentIds, ...verdict });
  return { outfit: keptMessage(pieces, outfit), existed, degraded };
}

/** A page of what a person kept. An outfit of which a garment cannot be seen any more is left out. */
export async function listOutfits({ userId, pageSize, pageToken }: ListOutfitsRequest, parts: OutfitParts) {
  const { after, limit, cut } = pageFor({ pageSize, pageToken }, ["outfits", userId]);
  const { shown, nextPageToken } = cut(await parts.outfits.list(userId, { after, limit }));
  const ids = new Set(shown.flatMap(({ garmentIds }) => garmentIds));
  const garments = await parts.store.find([...ids], visibleOwners(userId));
  const byId = new Map(garments.map((garment) => [garment.id, garment]));
  const outfits = shown.flatMap((outfit) => {
    const worn = garmentsOf(outfit, byId);
    return worn === undefined ? [] : [keptMessage(worn, outfit)];
  });
  return { outfits, nextPageToken };
}

/** Errors: NOT_FOUND. */
export async function deleteOutfit(
  givenId: string,
  userId: string,
  { outfits }: Pick<OutfitParts, "outfits">,
): Promise<void> {
  const id = parseGarmentId(givenId);
  if (id === undefined || !(await outfits.remove(userId, id))) {
    throw notFound(`no outfit ${JSON.stringify(givenId)} of this person`);
  }
}

/** The garments of an outfit by id; undefined if one of them cannot be seen any more, or has no slot. */
function garmentsOf(
  { garmentIds }: StoredOutfit,
  byId: ReadonlyMap<string, StoredGarment>,
): ShownGarment[] | undefined {
  const garments = garmentIds.flatMap((id) => {
    const garment = byId.get(id);
    const slot = slotOf(garment?.category ?? "");
    return garment === undefined || slot === undefined ? [] : [{ ...garment, slot, owned: garment.ownerId !== "" }];
  });
  return garments.length < garmentIds.length ? undefined : garments;
}

function keptMessage(garments: readonly ShownGarment[], outfit: StoredOutfit): OutfitMessage {
  return { ...outfitMessage(garments, outfit), savedAt: timestampFromMicros(outfit.createdAtMicros) };
}
