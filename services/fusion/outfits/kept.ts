import type { ListOutfitsRequest, SaveOutfitRequest } from "../../../gen/flashfit/fusion/v1/outfit_pb.ts";
import { invalidArgument, notFound } from "../../kit/errors.ts";
import { timestampFromMicros } from "../../kit/timestamp.ts";
import { parseGarmentId } from "../garment-id.ts";
import type { StoredGarment } from "../garment-store.ts";
import { readPageToken, writePageToken } from "../page-token.ts";
import { visibleOwners } from "../query.ts";
import { appraise } from "./appraise.ts";
import { type OutfitMessage, outfitMessage } from "./message.ts";
import type { OutfitParts } from "./options.ts";
import type { StoredOutfit } from "./outfit-store.ts";
import { slotOf } from "./slots.ts";

const DEFAULT_PAGE_SIZE = 100;

/** Keeps an outfit with what is said of it now. */
export async function saveOutfit({ userId, itemIds }: SaveOutfitRequest, parts: OutfitParts) {
  const { outfit: appraised, degraded } = await appraise(itemIds, userId, parts);
  const garmentIds = appraised.garments.map(({ id }) => id);
  const { outfit, existed } = await parts.outfits.save(userId, { ...appraised, garmentIds });
  const kept = {
    ...appraised,
    ...pick(outfit),
    savedAt: timestampFromMicros(outfit.createdAtMicros),
  } satisfies OutfitMessage;
  return { outfit: kept, existed, degraded };
}

/** A page of what a person kept. An outfit of which a garment cannot be seen any more is left out. */
export async function listOutfits({ userId, pageSize, pageToken }: ListOutfitsRequest, parts: OutfitParts) {
  const listing = ["outfits", userId];
  const after = pageToken === "" ? undefined : readPageToken(pageToken, listing);
  if (pageToken !== "" && after === undefined) {
    throw invalidArgument("page_token", "must be the next_page_token of a page of the same list");
  }
  const limit = pageSize || DEFAULT_PAGE_SIZE;
  // One more than asked for says whether there is another page.
  const found = await parts.outfits.list(userId, { after, limit: limit + 1 });
  const page = found.slice(0, limit);
  const last = page.at(-1);
  const garments = await parts.store.find(
    [...new Set(page.flatMap(({ garmentIds }) => garmentIds))],
    visibleOwners(userId),
  );
  const byId = new Map(garments.map((garment) => [garment.id, garment]));
  return {
    outfits: page.flatMap((outfit) => keptMessage(outfit, byId)),
    nextPageToken: last && found.length > limit ? writePageToken(last, listing) : "",
  };
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

function keptMessage(outfit: StoredOutfit, byId: ReadonlyMap<string, StoredGarment>): OutfitMessage[] {
  const garments = outfit.garmentIds.flatMap((id) => {
    const garment = byId.get(id);
    const slot = slotOf(garment?.category ?? "");
    return garment === undefined || slot === undefined ? [] : [{ ...garment, slot, owned: garment.ownerId !== "" }];
  });
  if (garments.length < outfit.garmentIds.length) return [];
  return [{ ...outfitMessage(garments, outfit), savedAt: timestampFromMicros(outfit.createdAtMicros) }];
}

function pick({ score, compatibility, parts, reason }: StoredOutfit) {
  return { score, compatibility, parts: [...parts], reason };
}
