import type { HandlerContext } from "@connectrpc/connect";
import type { BatchGetRequest } from "../../gen/flashfit/index/v1/index_pb.ts";
import { invalidArgument, resourceExhausted } from "../kit/errors.ts";
import { bytesFromFloats } from "../kit/vector.ts";
import { reach } from "./search/query.ts";
import type { ItemStore, ModelIndex } from "./store.ts";

/** Vectors of one answer, bytes: with what is beside them they fit into a message of 16 MiB, which callers take by default. */
const MOST_BYTES = 15 * 2 ** 20;

/** Answers BatchGet from memory. */
export function createBatchGet(store: ItemStore) {
  return async (request: BatchGetRequest, { signal }: Pick<HandlerContext, "signal">) => {
    const { itemIds, minSeq } = request;
    requireModels(store, request.models);
    await reach(store, minSeq, signal);
    // From here on nothing is awaited: all items are of one state.
    const indexes = indexesOf(store, request.models);
    requireRoom(itemIds.length, indexes);
    const items = itemIds.flatMap((itemId) => {
      const record = store.items.get(itemId);
      if (!record) return [];
      const { ownerId, category, colour, priceCents, tags } = record;
      return [
        { itemId, ownerId, category, colour, priceCents, tags: [...tags], embeddings: embeddings(indexes, itemId) },
      ];
    });
    return { items, appliedSeq: store.applied.value };
  };
}

function requireModels({ models: known }: ItemStore, models: readonly string[]): void {
  const at = models.findIndex((model) => !known.has(model));
  if (at < 0) return;
  throw invalidArgument(`models[${at}]`, `unknown model "${models[at]}"; known: ${[...known.keys()].join(", ")}`);
}

/** In the order of the models that are named. */
function indexesOf(store: ItemStore, models: readonly string[]): ModelIndex[] {
  if (models.length === 0) return store.indexes;
  return models.flatMap((model) => store.indexes.find((index) => index.model === model) ?? []);
}

/** @throws RESOURCE_EXHAUSTED if so many items of all these vectors are more than one answer holds. */
function requireRoom(items: number, indexes: readonly ModelIndex[]): void {
  const values = indexes.reduce((sum, { vectors }) => sum + (vectors?.dimensions ?? 0), 0);
  const fitting = Math.floor(MOST_BYTES / (values * Float32Array.BYTES_PER_ELEMENT));
  if (items <= fitting) return;
  throw resourceExhausted(
    `${items} items of ${values} values are more than one answer holds: ask for ${fitting} at most`,
  );
}

function embeddings(indexes: readonly ModelIndex[], itemId: string) {
  return indexes.flatMap(({ model, vectors }) => {
    const vector = vectors?.vector(itemId);
    return vector ? [{ model, revision: "", vector: bytesFromFloats(vector) }] : [];
  });
}
