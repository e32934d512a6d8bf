import type { RankCommon, RankPerson, TasteVectors } from "../ranking/rank-types.ts";
import { product, tasteVectors } from "../ranking/taste-vectors.ts";
import type { VectorsOf } from "../vectors.ts";
import type { Piece, PieceTaste } from "./piece.ts";

/** How many of a person's answers, the strongest first, make the directions of their taste. */
const MOST_ANSWERS = 50;

/** By model the direction that a person's answers point to, in length below 1. Errors: as `vectorsOf`. */
export async function tasteDirections(person: RankPerson | undefined, vectorsOf: VectorsOf): Promise<TasteVectors> {
  const strongest = [...(person?.itemWeights ?? [])]
    .sort(([a, x], [b, y]) => Math.abs(y) - Math.abs(x) || (a < b ? -1 : 1))
    .slice(0, MOST_ANSWERS);
  if (strongest.length === 0) return new Map();
  const vectors = await vectorsOf(strongest.map(([id]) => id));
  return tasteVectors(strongest.map(([id, weight]) => ({ weight, vectors: vectors.get(id) ?? new Map() })));
}

/** What the person's answers, and everybody's, say of one garment. */
export function tasteOfPiece(
  { id, category, colour, vectors }: Pick<Piece, "id" | "category" | "colour" | "vectors">,
  { person, common, directions }: { person?: RankPerson; common?: RankCommon; directions: TasteVectors },
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
