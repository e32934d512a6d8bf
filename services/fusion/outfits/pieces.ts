import type { Degraded } from "../degraded.ts";
import type { TasteVectors } from "../ranking/rank-types.ts";
import type { IndexedItem } from "../vectors.ts";
import type { SlottedGarment } from "./given.ts";
import type { Judgement } from "./learning.ts";
import type { OutfitParts } from "./options.ts";
import { type Piece, pieceOf } from "./piece.ts";
import { tasteOfPiece } from "./piece-taste.ts";

/** Garments as scoring sees them, for one person. */
export interface Pieces {
  /** With their vectors. What the Index does not have, or cannot say now, is without; then "index" is missing in the answer. */
  whole(garments: readonly SlottedGarment[]): Promise<Piece[]>;
  /** By what the store knows: category, colour, tags. */
  plain(garments: readonly SlottedGarment[]): Piece[];
  /** By model the direction that the person's answers point to, in length below 1. */
  directions: TasteVectors;
}

const NO_ITEMS: ReadonlyMap<string, IndexedItem> = new Map();
const NO_VECTORS: Piece["vectors"] = new Map();
const NO_DIRECTIONS: TasteVectors = new Map();

export async function createPieces(
  { person, common }: Pick<Judgement, "person" | "common">,
  { itemsOf, tasteOf }: Pick<OutfitParts, "itemsOf" | "tasteOf">,
  degraded: Degraded,
): Promise<Pieces> {
  const taste = person && (await degraded.orWithout("index", () => tasteOf(person), undefined));
  const directions = taste?.vectors ?? NO_DIRECTIONS;
  const tasting = { person: person?.rank, common, directions };
  const pieces = (garments: readonly SlottedGarment[], items: ReadonlyMap<string, IndexedItem>) =>
    garments.map(({ id, slot, category, colour, tags, ownerId }) => {
      const vectors = items.get(id)?.vectors ?? NO_VECTORS;
      const facts = { id, slot, category, colour, tags, owned: ownerId !== "", vectors };
      return pieceOf({ ...facts, taste: tasteOfPiece(facts, tasting) });
    });
  return {
    directions,
    plain: (garments) => pieces(garments, NO_ITEMS),
    async whole(garments) {
      const ids = garments.map(({ id }) => id);
      return pieces(garments, await degraded.orWithout("index", () => itemsOf(ids), NO_ITEMS));
    },
  };
}
