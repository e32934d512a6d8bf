import fc from "fast-check";
import { NO_TASTE, type Piece, type PieceTaste, pieceOf } from "./piece.ts";
import { CATEGORIES, type KnownSlot, SLOTS } from "./slots.ts";

/** Pieces for tests: with unit vectors in a small space, and a taste. */
export function anyPiece(slot: KnownSlot, id: fc.Arbitrary<string> = fc.uuid()): fc.Arbitrary<Piece> {
  return fc
    .record({
      id,
      category: fc.constantFrom(...CATEGORIES[slot].slice(0, 3)),
      colour: fc.constantFrom("black", "white", "red", "green", "blue", "orange", "", "no such colour"),
      tags: fc.subarray(["summer", "winter", "office", "linen"]),
      owned: fc.boolean(),
      angles: fc.array(fc.double({ min: 0, max: 6.28, noNaN: true }), { minLength: 2, maxLength: 2 }),
      taste: fc.double({ min: -1, max: 1, noNaN: true }),
    })
    .map(({ angles, taste, ...facts }) => {
      const models = ["clip", "fashion"];
      const vectors = new Map(models.map((model, i) => [model, unit(angles[i] ?? 0)]));
      const tasted: PieceTaste = { ...NO_TASTE, category: taste, popularity: Math.abs(taste) };
      return pieceOf({ ...facts, slot, vectors, taste: tasted });
    });
}

/** One piece for each of some slots. */
export const anyOutfit: fc.Arbitrary<Piece[]> = fc
  .subarray([...SLOTS], { minLength: 1 })
  .chain((slots) => fc.tuple(...slots.map((slot) => anyPiece(slot))))
  .filter((pieces) => new Set(pieces.map(({ id }) => id)).size === pieces.length);

function unit(angle: number): Float32Array {
  return Float32Array.of(Math.cos(angle), Math.sin(angle), 0, 0);
}
