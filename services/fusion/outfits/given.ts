import { invalidArgument, notFound } from "../../kit/errors.ts";
import { parseGarmentId } from "../garment-id.ts";
import type { GarmentStore, StoredGarment } from "../garment-store.ts";
import { visibleOwners } from "../owners.ts";
import { clash } from "./shapes.ts";
import { type KnownSlot, slotOf } from "./slots.ts";

/** A garment that has a slot. */
export interface SlottedGarment extends StoredGarment {
  slot: KnownSlot;
}

/**
 * The garments that a request names, in its order. Errors: NOT_FOUND for one that the person cannot see,
 * INVALID_ARGUMENT for one whose category has no slot.
 */
export async function namedGarments(
  ids: readonly string[],
  { field, userId, store }: { field: string; userId: string; store: Pick<GarmentStore, "find"> },
): Promise<SlottedGarment[]> {
  const known = ids.map((id) => ({ id, parsed: parseGarmentId(id) }));
  const found = await store.find([...new Set(known.flatMap(({ parsed }) => parsed ?? []))], visibleOwners(userId));
  const byId = new Map(found.map((garment) => [garment.id, garment]));
  return known.map(({ id, parsed }) => {
    const garment = parsed === undefined ? undefined : byId.get(parsed);
    if (garment === undefined) throw notFound(`no garment ${JSON.stringify(id)} for this person`);
    const slot = slotOf(garment.category);
    if (slot === undefined) {
      const category = JSON.stringify(garment.category);
      throw invalidArgument(
        field,
        `garment ${garment.id} is of the category ${category}, which has no place in an outfit`,
      );
    }
    return { ...garment, slot };
  });
}

/** INVALID_ARGUMENT if they cannot be worn together. */
export function requireWearable(garments: readonly SlottedGarment[], field: string): void {
  const ids = new Set(garments.map(({ id }) => id));
  if (ids.size < garments.length) throw invalidArgument(field, "one garment is named twice");
  const why = clash(garments.map(({ slot }) => slot));
  if (why !== undefined) throw invalidArgument(field, why);
}
