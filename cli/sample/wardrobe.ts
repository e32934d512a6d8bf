import type { Category } from "../client/categories.ts";
import { pants, shorts, skirt } from "./bottoms.ts";
import type { Cloth, Colour, Pattern } from "./cloth.ts";
import { beanie, boots, cap, dress, trainers } from "./others.ts";
import { longsleeve, outwear, shirt, tShirt } from "./tops.ts";

/** A drawn garment of the sample wardrobe. */
export interface SampleGarment {
  category: Category;
  colour: Colour;
  pattern: Pattern;
  /** Draws it on a canvas of 400 × 534. */
  shape: (cloth: Cloth) => string;
}

/** The sample wardrobe: every category, every colour name that the models know. */
export const SAMPLE_WARDROBE: readonly SampleGarment[] = [
  { category: "dress", colour: "red", pattern: "plain", shape: dress },
  { category: "dress", colour: "navy", pattern: "dots", shape: dress },
  { category: "dress", colour: "yellow", pattern: "plain", shape: dress },
  { category: "hat", colour: "blue", pattern: "plain", shape: cap },
  { category: "hat", colour: "orange", pattern: "plain", shape: beanie },
  { category: "hat", colour: "black", pattern: "plain", shape: cap },
  { category: "longsleeve", colour: "beige", pattern: "ribs", shape: longsleeve },
  { category: "longsleeve", colour: "navy", pattern: "stripes", shape: longsleeve },
  { category: "longsleeve", colour: "grey", pattern: "plain", shape: longsleeve },
  { category: "outwear", colour: "green", pattern: "plain", shape: outwear },
  { category: "outwear", colour: "black", pattern: "plain", shape: outwear },
  { category: "outwear", colour: "brown", pattern: "plain", shape: outwear },
  { category: "pants", colour: "blue", pattern: "plain", shape: pants },
  { category: "pants", colour: "black", pattern: "plain", shape: pants },
  { category: "pants", colour: "beige", pattern: "plain", shape: pants },
  { category: "shirt", colour: "white", pattern: "plain", shape: shirt },
  { category: "shirt", colour: "red", pattern: "checks", shape: shirt },
  { category: "shirt", colour: "blue", pattern: "stripes", shape: shirt },
  { category: "shoes", colour: "white", pattern: "plain", shape: trainers },
  { category: "shoes", colour: "brown", pattern: "plain", shape: boots },
  { category: "shoes", colour: "red", pattern: "plain", shape: trainers },
  { category: "shorts", colour: "navy", pattern: "plain", shape: shorts },
  { category: "shorts", colour: "green", pattern: "checks", shape: shorts },
  { category: "skirt", colour: "pink", pattern: "plain", shape: skirt },
  { category: "skirt", colour: "black", pattern: "plain", shape: skirt },
  { category: "t-shirt", colour: "white", pattern: "plain", shape: tShirt },
  { category: "t-shirt", colour: "purple", pattern: "plain", shape: tShirt },
  { category: "t-shirt", colour: "yellow", pattern: "stripes", shape: tShirt },
];

/** A name that is its own in the wardrobe: "navy-dots-dress". */
export function sampleName({ colour, pattern, category, shape }: SampleGarment): string {
  const kind = category === "hat" || category === "shoes" ? shape.name : category;
  return [colour, pattern === "plain" ? "" : pattern, kind].filter(Boolean).join("-");
}
