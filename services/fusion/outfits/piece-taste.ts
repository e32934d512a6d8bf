import { product } from "../ranking/product.ts";
import type { RankCommon, RankPerson, TasteVectors } from "../ranking/rank-types.ts";
import type { Piece, PieceTaste } from "./piece.ts";

export interface Tasting {
  person: RankPerson | undefined;
  common: RankCommon | undefined;
  /** By model the direction that the person's answers point to. */
  directions: TasteVectors;
}

/** What the person's answers, and everybody's, say of one garment. */
export function tasteOfPiece(
  { id, category, colour, vectors }: Pick<Piece, "id" | "category" | "colour" | "vectors">,
  { person, common, directions }: Tasting,
): PieceTaste {
  const likeness = new Map<string, number>();
  for (const [model, direction] of directions) {
    const vector = vectors.get(model);
    const value = vector && product(vector, direction);
    if (value !== undefined) likeness.set(model, value);
  }
  return {
    likeness,
    category: person?.categoryAffinity.get(category) ?? 0,
    colour: person?.colourAffinity.get(colour) ?? 0,
    answered: person?.itemWeights.get(id) ?? 0,
    popularity: common?.popularity.get(id) ?? 0,
  };
}
