import { bytesFromFloats } from "../kit/vector.ts";
import type { Probe } from "./candidates.ts";
import type { LearnedPerson } from "./learned/learned.ts";
import { INDEX_OF_MODEL } from "./model-indexes.ts";
import { product } from "./ranking/product.ts";
import type { TasteVectors } from "./ranking/rank-types.ts";
import { type TastedItem, tasteVectors } from "./ranking/taste-vectors.ts";
import type { ItemsOf, ItemVectors } from "./vectors.ts";

/** What a person's answers say in the models' spaces. */
export interface Taste {
  /** Where liked items lie from disliked ones. */
  vectors: TasteVectors;
  /** Vectors of liked items that differ from each other: where to look for more. */
  interests: Probe[];
}

/** Different likings that are looked for at the same time; with three models that is 15 of the Index's 16 queries. */
const MOST_INTERESTS = 5;

/** A person's taste, made once for each profile, and anew when it is as old as an item may be. Errors: as `ItemsOf`. */
export type TasteOf = (person: LearnedPerson) => Promise<Taste>;

export interface TasteOptions {
  itemsOf: ItemsOf;
  /** How long a taste is good for: items are encoded anew by another model, and come later to a replica of the Index. Milliseconds. */
  maxAgeMs: number;
  /** Milliseconds of any clock that does not go back. */
  nowMs?: () => number;
}

export function createTasteOf({ itemsOf, maxAgeMs, nowMs = () => performance.now() }: TasteOptions): TasteOf {
  const known = new WeakMap<LearnedPerson, { taste: Taste; at: number }>();
  return async (person) => {
    const at = nowMs();
    const before = known.get(person);
    if (before !== undefined && at - before.at <= maxAgeMs) return before.taste;
    const { itemWeights } = person.rank;
    const items = await itemsOf([...itemWeights.keys()]);
    const answered = [...itemWeights].flatMap(([id, weight]) => {
      const item = items.get(id);
      return item === undefined ? [] : [{ weight, vectors: item.vectors }];
    });
    const taste = { vectors: tasteVectors(answered), interests: interestsOf(answered) };
    known.set(person, { taste, at });
    return taste;
  };
}

/**
 * The liked item that counts most, then again and again the one that counts most by how far it is from those before
 * (weight × (1 − cosine to the nearest)), so that somebody who likes shoes and hats is shown both.
 */
function interestsOf(answered: readonly TastedItem[]): Probe[] {
  const liked = answered.filter(({ weight }) => weight > 0);
  const chosen: typeof liked = [];
  const distance = new Map(liked.map((one) => [one, 1]));
  while (chosen.length < MOST_INTERESTS) {
    let best: (typeof liked)[number] | undefined;
    for (const one of liked) {
      if (worth(one, distance) > (best === undefined ? 1e-6 : worth(best, distance))) best = one;
    }
    if (best === undefined) break;
    chosen.push(best);
    for (const one of liked) {
      distance.set(one, Math.min(distance.get(one) ?? 1, 1 - cosine(best.vectors, one.vectors)));
    }
  }
  return chosen.flatMap(({ vectors }) =>
    [...vectors]
      .filter(([model]) => INDEX_OF_MODEL.has(model))
      .map(([model, vector]) => ({ model, vector: bytesFromFloats(vector) })),
  );
}

function worth<T extends { weight: number }>(one: T, distance: ReadonlyMap<T, number>): number {
  return one.weight * (distance.get(one) ?? 1);
}

/** Mean over the models that both have; 0 if there is none. */
function cosine(a: ItemVectors, b: ItemVectors): number {
  const found = [...a].flatMap(([model, vector]) => {
    const other = b.get(model);
    const value = other && product(vector, other);
    return value === undefined ? [] : [value];
  });
  return found.length === 0 ? 0 : found.reduce((x, y) => x + y, 0) / found.length;
}
