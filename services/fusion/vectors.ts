import type { Item } from "../../gen/flashfit/index/v1/index_pb.ts";
import { unavailable } from "../kit/errors.ts";
import { floatsFromBytes } from "../kit/vector.ts";
import type { ItemCache } from "./item-cache.ts";
import { askIndex, type Upstreams } from "./upstreams.ts";

/** Unit vectors of an item, by model. */
export type ItemVectors = ReadonlyMap<string, Float32Array>;

/** An item as the Index knows it. */
export interface IndexedItem {
  /** Empty: the catalogue. */
  ownerId: string;
  category: string;
  colour: string;
  vectors: ItemVectors;
}

/** Items by id. One that the Index does not have is absent. */
export type ItemsOf = (ids: readonly string[]) => Promise<Map<string, IndexedItem>>;

/** One item, also one that was added this moment. Errors: NOT_FOUND, UNAVAILABLE. */
export type ItemOf = (id: string) => Promise<IndexedItem>;

/** How many items are asked for in one call: their vectors fit into an answer up to 15,000 values an item. */
const PER_CALL = 250;

/** Items from the cache, else from the Index. Errors: UNAVAILABLE. */
export function createItemsOf(index: Upstreams["index"], cache: ItemCache): ItemsOf {
  return async (ids) => {
    const found = new Map<string, IndexedItem>();
    const missing = new Set<string>();
    for (const id of ids) {
      const known = cache.get(id);
      if (known === undefined) missing.add(id);
      else if (known !== "absent") found.set(id, known);
    }
    if (missing.size > 0) {
      const asked = cache.forgotten;
      const fetched = await fetchItems(index, [...missing]);
      for (const [id, item] of fetched) found.set(id, item);
      for (const id of missing) cache.set(id, fetched.get(id) ?? "absent", asked);
    }
    return found;
  };
}

/** An item from the cache, else from the record that the Index keeps of all items. */
export function createItemOf(index: Upstreams["index"], cache: ItemCache): ItemOf {
  return async (id) => {
    const known = cache.get(id);
    if (known !== undefined && known !== "absent") return known;
    const asked = cache.forgotten;
    const { item } = await askIndex(() => index.get({ itemId: id }));
    if (item === undefined) throw unavailable(`index: answered without the item ${JSON.stringify(id)}`);
    const made = toIndexedItem(item);
    cache.set(id, made, asked);
    return made;
  };
}

/** Asks the Index for these items, each named once: as searches see them, so one that was just added may be missing. */
async function fetchItems(index: Upstreams["index"], ids: readonly string[]): Promise<Map<string, IndexedItem>> {
  const calls = Array.from({ length: Math.ceil(ids.length / PER_CALL) }, (_, n) => {
    const itemIds = ids.slice(n * PER_CALL, (n + 1) * PER_CALL);
    return askIndex(() => index.batchGet({ itemIds }));
  });
  const answers = await Promise.all(calls);
  return new Map(answers.flatMap(({ items }) => items.map((item) => [item.itemId, toIndexedItem(item)] as const)));
}

function toIndexedItem({ ownerId, category, colour, embeddings }: Item): IndexedItem {
  const vectors = new Map(embeddings.map(({ model, vector }) => [model, floatsFromBytes(vector)]));
  return { ownerId, category, colour, vectors };
}
