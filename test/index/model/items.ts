import type { Dice } from "./dice.ts";

/** How the indices of the test compare. Whole numbers where scores are to be equal, ties included, to the last bit. */
export const INDICES = [
  { model: "clip", index: "clip_fashion", metric: "cosine", dimensions: 16 },
  { model: "blip", index: "blip_fashion", metric: "l2", dimensions: 8 },
  { model: "fashion", index: "fashion_specific", metric: "ip", dimensions: 8 },
] as const;

/** The same as INDEX_MODELS. */
export const INDEX_MODELS = INDICES.map(({ model, index, metric }) => `${model}=${index}:${metric}`).join(",");

export type IndexShape = (typeof INDICES)[number];

/** One version of an item, as it was sent. */
export interface ModelItem {
  itemId: string;
  ownerId: string;
  category: string;
  colour: string;
  /** 0: unknown. */
  priceCents: number;
  tags: string[];
  /** Marks this version: no two are the same. */
  revision: string;
  /** By model. */
  vectors: Map<string, Float32Array>;
}

/** What a search keeps; as in index.proto, empty means no condition, but for owners: the catalogue. */
export interface ModelFilter {
  ownerIds: string[];
  categories: string[];
  colours: string[];
  excludeItemIds: string[];
  anyTags: string[];
  allTags: string[];
  minPriceCents: number;
  maxPriceCents: number;
}

/** Keeps the catalogue. */
export const NO_CONDITION: ModelFilter = {
  ownerIds: [],
  categories: [],
  colours: [],
  excludeItemIds: [],
  anyTags: [],
  allTags: [],
  minPriceCents: 0,
  maxPriceCents: 0,
};

export const CATEGORIES = ["dress", "hat", "outwear", "shirt", "shoes"];
const COLOURS = ["black", "blue", "grün", "red", "white", ""];
const TAGS = ["linen", "summer", "wool", "été", "a", "b", "c", "d"];

/** Ids of a lane's items; every tenth is not ASCII. */
export function itemIdOf(lane: number, n: number): string {
  return n % 10 === 3 ? `l${lane}-衣é${n}` : `l${lane}-${n}`;
}

/** People whose items only this lane writes. */
export function ownersOf(lane: number): string[] {
  return [0, 1].map((n) => `l${lane}-u${n}`);
}

export function drawVector(dice: Dice, { metric, dimensions }: IndexShape): Float32Array {
  if (metric !== "cosine") return Float32Array.from({ length: dimensions }, () => dice.whole(-3, 3));
  return Float32Array.from({ length: dimensions }, () => dice.unit() - 0.5 || 0.25);
}

export function drawItem(dice: Dice, lane: number, itemId: string, revision: string): ModelItem {
  const shapes = dice.some(INDICES, 0.8);
  return {
    itemId,
    ownerId: dice.chance(0.5) ? "" : dice.one(ownersOf(lane)),
    category: dice.one(CATEGORIES),
    colour: dice.one(COLOURS),
    priceCents: dice.chance(0.2) ? 0 : dice.whole(1, 500),
    tags: dice.some(TAGS, 0.2),
    revision,
    vectors: new Map(
      (shapes.length > 0 ? shapes : [dice.one(INDICES)]).map((shape) => [shape.model, drawVector(dice, shape)]),
    ),
  };
}

/** A filter over these owners' items. */
export function drawFilter(dice: Dice, owners: readonly string[], ids: () => string): ModelFilter {
  const chosen = dice.some(owners, 0.6);
  return {
    ownerIds: chosen.length > 0 ? chosen : [dice.one(owners)],
    categories: dice.chance(0.3) ? [dice.one(CATEGORIES), dice.one(CATEGORIES)] : [],
    colours: dice.chance(0.2) ? [dice.one(COLOURS.slice(0, -1))] : [],
    excludeItemIds: dice.chance(0.2) ? Array.from({ length: dice.whole(1, 5) }, ids) : [],
    anyTags: dice.chance(0.2) ? [dice.one(TAGS), dice.one(TAGS)] : [],
    allTags: dice.chance(0.1) ? [dice.one(TAGS)] : [],
    minPriceCents: dice.chance(0.15) ? dice.whole(1, 400) : 0,
    maxPriceCents: dice.chance(0.15) ? dice.whole(100, 500) : 0,
  };
}

export function passes(item: ModelItem, filter: ModelFilter): boolean {
  const among = (values: readonly string[], value: string) => values.length === 0 || values.includes(value);
  return (
    (filter.ownerIds.length > 0 ? filter.ownerIds : [""]).includes(item.ownerId) &&
    among(filter.categories, item.category) &&
    among(filter.colours, item.colour) &&
    !filter.excludeItemIds.includes(item.itemId) &&
    (filter.anyTags.length === 0 || filter.anyTags.some((tag) => item.tags.includes(tag))) &&
    filter.allTags.every((tag) => item.tags.includes(tag)) &&
    (filter.minPriceCents === 0 || (item.priceCents > 0 && item.priceCents >= filter.minPriceCents)) &&
    (filter.maxPriceCents === 0 || (item.priceCents > 0 && item.priceCents <= filter.maxPriceCents))
  );
}

/** By the definition of the metric, in float64. */
export function scoreOf(metric: IndexShape["metric"], a: Float32Array, b: Float32Array): number {
  let [dot, squares, ofA, ofB] = [0, 0, 0, 0];
  for (let at = 0; at < a.length; at++) {
    const [x, y] = [a[at]!, b[at]!];
    dot += x * y;
    squares += (x - y) ** 2;
    ofA += x * x;
    ofB += y * y;
  }
  if (metric === "l2") return -squares;
  return metric === "ip" ? dot : dot / Math.sqrt(ofA * ofB);
}
