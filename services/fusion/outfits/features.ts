import { Slot } from "../../../gen/flashfit/fusion/v1/outfit_pb.ts";
import { harmonyOf } from "./harmony.ts";
import { DIMENSIONS, FIRST_PAIR_FEATURE, FIRST_TASTE_FEATURE, MODELS, PAIR_FEATURES } from "./layout.ts";
import type { PairFacts } from "./pair-facts.ts";
import type { Piece } from "./piece.ts";

/**
 * φ of a set of garments under the layout "outfit/1": float32, the values that are logged and learned from. The order of
 * the garments does not matter, to the bit. What is not known counts 0.
 */
export function featuresOf(pieces: readonly Piece[], pairFacts: PairFacts): Float32Array {
  const sorted = [...pieces].sort((a, b) => (a.id < b.id ? -1 : 1));
  const features = new Float32Array(DIMENSIONS);
  copyInto(features, 0, setFeatures(sorted));
  copyInto(features, FIRST_PAIR_FEATURE, pairFeatures(sorted, pairFacts));
  copyInto(features, FIRST_TASTE_FEATURE, tasteFeatures(sorted));
  return features;
}

/** By hand: `set` of another kind of numbers costs as much as computing them. */
function copyInto(features: Float32Array, from: number, values: ArrayLike<number>): void {
  for (let i = 0; i < values.length; i++) features[from + i] = values[i] as number;
}

/** In the order of `SET_FEATURES`. */
function setFeatures(pieces: readonly Piece[]): number[] {
  const known = pieces.filter(({ hue }) => hue !== undefined);
  const has = (slot: Slot) => (pieces.some((piece) => piece.slot === slot) ? 1 : 0);
  return [
    harmonyOf(pieces.map(({ hue }) => hue)).value,
    known.length === 0 ? 0 : known.filter(({ hue }) => hue?.neutral).length / known.length,
    1 - spread(pieces.map(({ character }) => character.formality)),
    1 - spread(pieces.map(({ character }) => character.warmth)),
    has(Slot.DRESS),
    has(Slot.OUTERWEAR),
    has(Slot.HAT),
  ];
}

function spread(values: number[]): number {
  return values.length === 0 ? 0 : Math.max(...values) - Math.min(...values);
}

/** The mean of each over the pairs that have it. */
function pairFeatures(pieces: readonly Piece[], pairFacts: PairFacts): Float64Array {
  const sums = new Float64Array(PAIR_FEATURES.length);
  const counts = new Uint8Array(PAIR_FEATURES.length);
  for (let i = 0; i < pieces.length; i++) {
    for (let j = i + 1; j < pieces.length; j++) {
      const facts = pairFacts(pieces[i] as Piece, pieces[j] as Piece);
      for (let f = 0; f < facts.length; f++) {
        const value = facts[f] as number;
        if (Number.isNaN(value)) continue;
        sums[f] = (sums[f] as number) + value;
        counts[f] = (counts[f] as number) + 1;
      }
    }
  }
  for (let f = 0; f < sums.length; f++) sums[f] = (sums[f] as number) / Math.max(1, counts[f] as number);
  return sums;
}

/** In the order of `TASTE_FEATURES`. */
function tasteFeatures(pieces: readonly Piece[]): number[] {
  const mean = (of: (piece: Piece) => number) =>
    pieces.length === 0 ? 0 : pieces.reduce((sum, piece) => sum + of(piece), 0) / pieces.length;
  return [
    ...MODELS.map((model) => mean(({ taste }) => taste.likeness.get(model) ?? 0)),
    mean(({ taste }) => taste.category),
    mean(({ taste }) => taste.colour),
    mean(({ taste }) => taste.answered),
    mean(({ taste }) => taste.popularity),
    mean(({ owned }) => (owned ? 1 : 0)),
  ];
}
