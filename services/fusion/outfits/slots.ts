import { Slot } from "../../../gen/flashfit/fusion/v1/outfit_pb.ts";

/** The slots in the order in which outfits are shown and filled. */
export const SLOTS = [Slot.TOP, Slot.BOTTOM, Slot.DRESS, Slot.OUTERWEAR, Slot.SHOES, Slot.HAT] as const;

/** A slot that a garment can stand in. */
export type KnownSlot = (typeof SLOTS)[number];

/** What people call the slots. */
export const SLOT_NAME: Readonly<Record<KnownSlot, string>> = {
  [Slot.TOP]: "top",
  [Slot.BOTTOM]: "bottom",
  [Slot.DRESS]: "dress",
  [Slot.OUTERWEAR]: "outerwear",
  [Slot.SHOES]: "shoes",
  [Slot.HAT]: "hat",
};

/**
 * Which categories stand in which slot: first the ten of the default model pack, then other common names, as catalogues
 * and the Polyvore Outfits data write them. Names are compared in lower case, with spaces for hyphens and underscores.
 */
export const CATEGORIES: Readonly<Record<KnownSlot, readonly string[]>> = {
  [Slot.TOP]: [
    ...["t-shirt", "longsleeve", "shirt"],
    ...["top", "tops", "tee", "tshirt", "blouse", "sweater", "pullover", "jumper", "hoodie", "sweatshirt", "polo"],
    ...["cardigan", "tank top", "turtleneck", "undershirt", "body", "vest"],
  ],
  [Slot.BOTTOM]: [
    ...["pants", "shorts", "skirt"],
    ...["bottom", "bottoms", "trousers", "trouser", "jeans", "leggings", "chinos", "joggers"],
  ],
  [Slot.DRESS]: ["dress", "dresses", "all body", "gown", "jumpsuit", "romper", "overall", "playsuit"],
  [Slot.OUTERWEAR]: ["outwear", "outerwear", "coat", "jacket", "blazer", "parka", "trench coat", "raincoat", "cape"],
  [Slot.SHOES]: [
    ...["shoes", "shoe", "sneakers", "sneaker", "boots", "boot", "ankle boot", "sandals", "sandal", "heels"],
    ...["pumps", "loafers", "flats", "slippers"],
  ],
  [Slot.HAT]: ["hat", "hats", "cap", "beanie", "beret", "headwear"],
};

const SLOT_OF = new Map(SLOTS.flatMap((slot) => CATEGORIES[slot].map((name) => [plain(name), slot] as const)));

/** The slot of a category; undefined for one that has none ("bag", ""). */
export function slotOf(category: string): KnownSlot | undefined {
  return SLOT_OF.get(plain(category));
}

function plain(category: string): string {
  return category
    .trim()
    .toLowerCase()
    .replaceAll(/[\s_-]+/g, " ");
}
