import type { TasteVectors } from "../ranking/rank-types.ts";
import { orWithout } from "./degrade.ts";
import type { SlottedGarment } from "./given.ts";
import type { Judgement } from "./learning.ts";
import type { OutfitParts } from "./options.ts";
import { type Piece, pieceOf } from "./piece.ts";
import { tasteDirections, tasteOfPiece } from "./taste.ts";

/** Garments as scoring sees them, for one person. */
export interface Pieces {
  /** With their vectors. What the Index does not have, or cannot say now, is without; then "index" is in `degraded`. */
  whole(garments: readonly SlottedGarment[]): Promise<Piece[]>;
  /** By what the store knows: category, colour, tags. */
  plain(garments: readonly SlottedGarment[]): Piece[];
  directions: TasteVectors;
}

type Parts = Pick<OutfitParts, "vectorsOf" | "log">;

/** @param degraded what is missing is added here */
export async function createPieces(
  { person, common }: Pick<Judgement, "person" | "common">,
  { vectorsOf, log }: Parts,
  degraded: string[],
): Promise<Pieces> {
  const without = <T>(work: () => Promise<T>, instead: T) => orWithout(work, { part: "index", instead, degraded, log });
  const directions = await without(() => tasteDirections(person, vectorsOf), new Map() as TasteVectors);
  const pieces = (
    garments: readonly SlottedGarment[],
    vectors: ReadonlyMap<string, ReadonlyMap<string, Float32Array>>,
  ) =>
    garments.map(({ id, slot, category, colour, tags, ownerId }) => {
      const facts = { id, slot, category, colour, tags, owned: ownerId !== "", vectors: vectors.get(id) ?? new Map() };
      const taste = tasteOfPiece(facts, { ...(person ? { person } : {}), ...(common ? { common } : {}), directions });
      return pieceOf({ ...facts, taste });
    });
  return {
    directions,
    plain: (garments) => pieces(garments, new Map()),
    async whole(garments) {
      const vectors = await without(() => vectorsOf(garments.map(({ id }) => id)), new Map());
      return pieces(garments, vectors);
    },
  };
}
