/** What a folder's name is in a sentence, as the model card's prompts have it. */
export function promptFor(category: string): string {
  const words = { longsleeve: "long sleeve shirt", outwear: "jacket" }[category] ?? category;
  return `a photo of a ${words}`;
}

/** The names that the default pack's captioner has for each category: the words of its vocabulary. */
const SYNONYMS: Record<string, readonly string[]> = {
  dress: ["dress", "gown", "sundress"],
  hat: ["hat", "cap", "beanie"],
  longsleeve: ["longsleeve", "long sleeve shirt", "long sleeve top", "long sleeve", "sweater", "pullover"],
  outwear: ["jacket", "coat", "outerwear", "blazer", "hoodie"],
  pants: ["pants", "trousers", "jeans", "chinos"],
  shirt: ["shirt", "button up shirt", "blouse", "formal shirt"],
  shoes: ["shoes", "shoe", "sneakers", "boots", "sandals", "heels"],
  shorts: ["shorts"],
  skirt: ["skirt", "miniskirt"],
  "t-shirt": ["t-shirt", "tshirt", "tee"],
};

/** The longest names of any category come first, so that "t-shirt" is no shirt and "long sleeve shirt" neither. */
const NAMES = Object.entries(SYNONYMS)
  .flatMap(([category, names]) => names.map((name) => ({ category, name })))
  .sort((a, b) => b.name.length - a.name.length);

/** The category that a caption names; undefined when it names none. */
export function categoryIn(caption: string): string | undefined {
  const words = ` ${caption.toLowerCase().replaceAll(/\s*-\s*/g, "-")} `;
  return NAMES.find(({ name }) => words.includes(` ${name} `))?.category;
}
