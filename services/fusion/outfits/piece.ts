import { type Character, characterOf } from "./character.ts";
import { type Colour, namedColour } from "./palette.ts";
import type { KnownSlot } from "./slots.ts";

/** What a person's feedback says of one garment, each as the layout's feature of that name. */
export interface PieceTaste {
  /** Cosine to the direction that the person's answers point to, −1 to 1, by model. */
  likeness: ReadonlyMap<string, number>;
  /** −1 to 1. */
  category: number;
  colour: number;
  /** Weight of the person's own answers to this garment, −1 to 1. */
  answered: number;
  /** Of everybody, 0 to 1. */
  popularity: number;
}

/** A garment as scoring sees it. */
export interface Piece {
  id: string;
  slot: KnownSlot;
  category: string;
  colour: string;
  tags: readonly string[];
  owned: boolean;
  /** Unit vectors by model; empty: the Index does not have it. */
  vectors: ReadonlyMap<string, Float32Array>;
  taste: PieceTaste;
  /** Made of the above by `pieceOf`. */
  hue: Colour | undefined;
  character: Character;
}

export const NO_TASTE: PieceTaste = { likeness: new Map(), category: 0, colour: 0, answered: 0, popularity: 0 };

export function pieceOf(facts: Omit<Piece, "hue" | "character">): Piece {
  return { ...facts, hue: namedColour(facts.colour), character: characterOf(facts.category, facts.tags) };
}
