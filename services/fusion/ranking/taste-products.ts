import { Lru } from "../lru.ts";
import { product } from "./product.ts";
import { type Candidate, MODELS, type TasteVectors } from "./rank-types.ts";

type Vectors = NonNullable<Candidate["vectors"]>;

/** What is kept of one taste. */
interface Kept {
  /** By MODELS; 0 where one of the two has no vector. An item that is forgotten elsewhere is forgotten here. */
  products: WeakMap<Vectors, readonly number[]>;
  count: number;
}

/** So many tastes, and products of each with so many items: some 30 MB, if they are ever all used. */
const MOST_TASTES = 1000;
const MOST_ITEMS = 300;

const tastes = new Lru<TasteVectors, Kept>({ capacity: MOST_TASTES, weigh: () => 1 });

/**
 * The products of a taste with the vectors of items, by MODELS. What was computed is kept, for as long as neither changes: somebody who
 * turns a page or narrows a search is ranked much the same items, and their vectors have left the processor's cache since.
 */
export function tasteProducts(taste: TasteVectors): (vectors: Vectors) => readonly number[] {
  let kept = tastes.get(taste);
  if (kept === undefined || kept.count > MOST_ITEMS) {
    kept = { products: new WeakMap(), count: 0 };
    tastes.set(taste, kept);
  }
  const { products } = kept;
  const directions = MODELS.map((model) => taste.get(model));
  return (vectors) => {
    const before = products.get(vectors);
    if (before !== undefined) return before;
    const made = directions.map((direction, m) => {
      const vector = vectors.get(MODELS[m] as string);
      return (direction && vector && product(direction, vector)) ?? 0;
    });
    products.set(vectors, made);
    kept.count++;
    return made;
  };
}
