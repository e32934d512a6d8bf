import { Code, ConnectError } from "@connectrpc/connect";
import type { Item } from "../../gen/flashfit/index/v1/index_pb.ts";
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
/** Unit vectors of garments: id to model to vector. A garment that the Index does not have is absent. */
export type VectorsOf = (ids: readonly string[]) => Promise<Map<string, ItemVectors>>;

/** How many items are asked for at a time. */
const PARALLEL = 16;

/** Items from the cache, else from the Index. Errors: UNAVAILABLE. */
export function createItemsOf(index: Upstreams["index"], cache?: ItemCache): ItemsOf {
  return async (ids) => {
    const found = new Map<string, IndexedItem>();
    const missing: string[] = [];
    for (const id of new Set(ids)) {
      const known = cache?.get(id);
      if (known === undefined) missing.push(id);
      else if (known !== "absent") found.set(id, known);
    }
    if (missing.length > 0) {
      const fetched = await fetchItems(index, missing);
      for (const [id, item] of fetched) found.set(id, item);
      for (const id of missing) cache?.set(id, fetched.get(id) ?? "absent");
    }
    return found;
  };
}

/** The same, for who needs nothing but vectors. */
export function createVectorsOf(index: Upstreams["index"], cache?: ItemCache): VectorsOf {
  const itemsOf = createItemsOf(index, cache);
  return async (ids) => new Map([...(await itemsOf(ids))].map(([id, { vectors }]) => [id, vectors]));
}

/** Asks the Index for these items, each named once. */
async function fetchItems(index: Upstreams["index"], ids: readonly string[]): Promise<Map<string, IndexedItem>> {
  const found = new Map<string, IndexedItem>();
  const queue = ids.values();
  const work = async () => {
    for (const itemId of queue) {
      const item = await fetchItem(index, itemId);
      if (item !== undefined) found.set(itemId, toIndexedItem(item));
    }
  };
  await Promise.all(Array.from({ length: Math.min(PARALLEL, ids.length) }, work));
  return found;
}

async function fetchItem(index: Upstreams["index"], itemId: string): Promise<Item | undefined> {
  try {
    return (await askIndex(() => index.get({ itemId }))).item;
  } catch (error) {
    if (ConnectError.from(error).code === Code.NotFound) return undefined;
    throw error;
  }
}

function toIndexedItem({ ownerId, category, colour, embeddings }: Item): IndexedItem {
  const vectors = new Map(embeddings.map(({ model, vector }) => [model, floatsFromBytes(vector)]));
  return { ownerId, category, colour, vectors };
}
