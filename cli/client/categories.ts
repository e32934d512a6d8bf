/** The garment categories that the default models know. A photo folder of such a name gives its photos the category. */
export const CATEGORIES = [
  "dress",
  "hat",
  "longsleeve",
  "outwear",
  "pants",
  "shirt",
  "shoes",
  "shorts",
  "skirt",
  "t-shirt",
] as const;

export type Category = (typeof CATEGORIES)[number];

/** Whether a folder's name is a category. */
export function isCategory(name: string): name is Category {
  return (CATEGORIES as readonly string[]).includes(name);
}
