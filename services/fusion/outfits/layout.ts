import { Slot } from "../../../gen/flashfit/fusion/v1/outfit_pb.ts";
import type { KnownSlot } from "./slots.ts";

/** The models whose vectors count. Others are stored and searched, and say nothing of outfits. */
export const MODELS = ["clip", "blip", "fashion"] as const;

/** Name of the layout below: another list of features is another layout. */
export const LAYOUT = "outfit/1";

/** Pairs of slots that have a likeness of their own. A dress is a top to outerwear and hats, and a bottom to shoes. */
export const SLOT_PAIRS = [
  "top-bottom",
  "top-outerwear",
  "bottom-outerwear",
  "top-shoes",
  "bottom-shoes",
  "outerwear-shoes",
  "hat-any",
] as const;

/** How many fixed directions of each model's space are looked along. */
export const DIRECTIONS = 6;
/** Orders of the cosine series over the difference of two hues. */
export const HUE_ORDERS = [1, 2, 3, 4] as const;

/** Features of every pair of garments; an outfit has their mean over the pairs that have them. */
export const PAIR_FEATURES: readonly string[] = [
  ...SLOT_PAIRS.map((pair) => `colour.contrast.${pair}`),
  ...HUE_ORDERS.map((order) => `colour.hue.${order}`),
  "tags",
  ...MODELS.flatMap((model) => SLOT_PAIRS.map((pair) => `likeness.${model}.${pair}`)),
  ...MODELS.flatMap((model) => Array.from({ length: DIRECTIONS }, (_, i) => `direction.${model}.${i + 1}`)),
];

/** Features of the whole set. */
export const SET_FEATURES = [
  "colour.harmony",
  "colour.neutral",
  "formality",
  "warmth",
  "has.dress",
  "has.outerwear",
  "has.hat",
] as const;

/** Mean over the garments; how well they go together does not depend on these. */
export const TASTE_FEATURES: readonly string[] = [
  ...MODELS.map((model) => `taste.${model}`),
  "taste.category",
  "taste.colour",
  "taste.answered",
  "popularity",
  "owned",
];

/** Names of all features, in order. */
export const FEATURES: readonly string[] = [...SET_FEATURES, ...PAIR_FEATURES, ...TASTE_FEATURES];
/** Where the pair features begin, and those of taste. */
export const FIRST_PAIR_FEATURE: number = SET_FEATURES.length;
export const FIRST_TASTE_FEATURE: number = FIRST_PAIR_FEATURE + PAIR_FEATURES.length;
export const DIMENSIONS: number = FEATURES.length;

/** Which of `SLOT_PAIRS` two slots are, as its place; whichever comes first. */
export function slotPair(a: KnownSlot, b: KnownSlot): number {
  if (a === Slot.HAT || b === Slot.HAT) return SLOT_PAIRS.indexOf("hat-any");
  const slots = new Set([a, b]);
  if (slots.has(Slot.SHOES)) {
    if (slots.has(Slot.OUTERWEAR)) return SLOT_PAIRS.indexOf("outerwear-shoes");
    return SLOT_PAIRS.indexOf(slots.has(Slot.TOP) ? "top-shoes" : "bottom-shoes");
  }
  if (slots.has(Slot.OUTERWEAR))
    return SLOT_PAIRS.indexOf(slots.has(Slot.BOTTOM) ? "bottom-outerwear" : "top-outerwear");
  return SLOT_PAIRS.indexOf("top-bottom");
}
