/** How formal and how warm garments are, 0 to 1. */
export interface Character {
  formality: number;
  warmth: number;
}

/**
 * By category, as everyday dress codes have it; the numbers are this project's own. The ten of the default pack first.
 * A category that is not here is in the middle.
 */
const CATEGORY = table<readonly [formality: number, warmth: number]>({
  ...{ "t-shirt": [0.2, 0.3], longsleeve: [0.4, 0.6], shirt: [0.8, 0.5], pants: [0.5, 0.6], shorts: [0.1, 0.1] },
  ...{ skirt: [0.6, 0.3], dress: [0.7, 0.3], outwear: [0.5, 0.9], shoes: [0.5, 0.5], hat: [0.3, 0.5] },
  ...{ blouse: [0.8, 0.4], hoodie: [0.1, 0.7], sweater: [0.5, 0.8], pullover: [0.5, 0.8], "tank top": [0.1, 0.1] },
  ...{ jeans: [0.3, 0.6], leggings: [0.1, 0.5], trousers: [0.7, 0.6], blazer: [0.9, 0.6], coat: [0.7, 1] },
  ...{ jacket: [0.5, 0.8], sneakers: [0.1, 0.5], boots: [0.4, 0.9], sandals: [0.2, 0.1], heels: [0.9, 0.4] },
  ...{ gown: [1, 0.3], polo: [0.4, 0.3], cap: [0.1, 0.4], beanie: [0.2, 1] },
});
const MIDDLE = [0.5, 0.5] as const;

/** Tags say more than the category does. */
const FORMALITY_TAGS = table({
  ...{ formal: 1, business: 0.9, office: 0.8, party: 0.7, evening: 0.9, wedding: 1, smart: 0.7 },
  ...{ casual: 0.2, everyday: 0.3, home: 0.1, beach: 0, sport: 0, outdoor: 0.1 },
});
const SEASON_WARMTH = table({ winter: 1, autumn: 0.7, spring: 0.4, summer: 0.1 });

/** What category and tags say; the mean of the tags that say something, else the category's. */
export function characterOf(category: string, tags: readonly string[]): Character {
  const [formality, warmth] = CATEGORY.get(category.toLowerCase()) ?? MIDDLE;
  return {
    formality: meanOf(tags, FORMALITY_TAGS) ?? formality,
    warmth: meanOf(tags, SEASON_WARMTH) ?? warmth,
  };
}

/** 1: the tags of one kind (occasion or season) have something in common, −1: they have nothing, 0: one side has none; the mean of both kinds. */
export function tagAgreement(a: readonly string[], b: readonly string[]): number {
  return (agreement(a, b, FORMALITY_TAGS) + agreement(a, b, SEASON_WARMTH)) / 2;
}

function agreement(a: readonly string[], b: readonly string[], kind: ReadonlyMap<string, number>): number {
  const [ofA, ofB] = [known(a, kind), known(b, kind)];
  if (ofA.length === 0 || ofB.length === 0) return 0;
  return ofA.some((tag) => ofB.includes(tag)) ? 1 : -1;
}

function meanOf(tags: readonly string[], kind: ReadonlyMap<string, number>): number | undefined {
  const values = known(tags, kind).map((tag) => kind.get(tag) ?? 0);
  return values.length === 0 ? undefined : values.reduce((x, y) => x + y, 0) / values.length;
}

function known(tags: readonly string[], kind: ReadonlyMap<string, number>): string[] {
  return tags.map((tag) => tag.toLowerCase()).filter((tag) => kind.has(tag));
}

function table<T>(values: Readonly<Record<string, T>>): ReadonlyMap<string, T> {
  return new Map(Object.entries(values));
}
