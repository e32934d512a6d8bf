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
  features.set(setFeatures(sorted));
  features.set(pairFeatures(sorted, pairFacts), FIRST_PAIR_FEATURE);
  features.set(tasteFeatures(sorted), FIRST_TASTE_FEATURE);
  return features;
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
  pieces.forEach((a, i) => {
    for (const b of pieces.slice(i + 1)) {
      const facts = pairFacts(a, b);
      for (let f = 0; f < facts.length; f++) {
        const value = facts[f] as number;
        if (Number.isNaN(value)) continue;
        sums[f] = (sums[f] ?? 0) + value;
        counts[f] = (counts[f] ?? 0) + 1;
      }
    }
  });
  return sums.map((sum, f) => (counts[f] ? sum / (counts[f] ?? 1) : 0));
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
