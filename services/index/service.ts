import type { HandlerContext, ServiceImpl } from "@connectrpc/connect";
import type { Sql } from "postgres";
import type { IndexService, Query } from "../../gen/flashfit/index/v1/index_pb.ts";
import { timeLeftMs } from "../kit/context.ts";
import { databaseErrors } from "../kit/database.ts";
import { deadlineExceeded, invalidArgument, notFound } from "../kit/errors.ts";
import { requireStorable } from "../kit/storable-text.ts";
import { bytesFromFloats } from "../kit/vector.ts";
import { appendDeletes, appendItems, DimensionError, readItem } from "./change-log.ts";
import { CATALOGUE_ONLY } from "./filter.ts";
import type { IndexMetrics } from "./metrics.ts";
import { parseItems, parseVector } from "./parse-items.ts";
import type { ItemStore, StoreQuery } from "./store.ts";

/** How long `min_seq` is waited for when the caller set no deadline. */
const WAIT_MS = 10_000;
/** Kept of the deadline so that the answer, which says how far we are, still arrives. */
const ANSWER_MS = 20;

export interface IndexServiceOptions {
  sql: Sql;
  store: ItemStore;
  metrics: IndexMetrics;
}

/** Answer IndexService RPCs: writes go to PostgreSQL, searches are answered from memory. */
export function createIndexService({ sql, store, metrics }: IndexServiceOptions): ServiceImpl<typeof IndexService> {
  return {
    async upsert({ items }) {
      const parsed = parseItems(items, store.modelNames);
      try {
        return { changeSeq: await databaseErrors(() => appendItems(sql, parsed)) };
      } catch (error) {
        if (!(error instanceof DimensionError)) throw error;
        throw invalidArgument(`items[${error.itemAt}].embeddings[${error.embeddingAt}].vector`, error.message);
      }
    },

    async delete({ itemIds }) {
      requireStorable(Object.fromEntries(itemIds.map((id, at) => [`item_ids[${at}]`, id])));
      const { seq, deleted } = await databaseErrors(() => appendDeletes(sql, itemIds));
      return { changeSeq: seq, deleted };
    },

    async get({ itemId }) {
      requireStorable({ item_id: itemId });
      const found = await databaseErrors(() => readItem(sql, itemId));
      if (!found) throw notFound(`no item "${itemId}"`);
      const embeddings = found.item.embeddings.map((one) => ({ ...one, vector: bytesFromFloats(one.vector) }));
      return { item: { ...found.item, embeddings }, changeSeq: found.seq };
    },

    async search({ queries, k, filter, minSeq }, { signal }) {
      for (const { index } of queries) requireIndex(store, index);
      await reach(store, minSeq, signal);
      // From here to the start of the scans nothing is awaited: all lists and the seq are of one state.
      const parsed = queries.map((query, at) => parseQuery(store, query, at));
      const appliedSeq = store.applied.value;
      const ends = parsed.map(({ index }) => metrics.searchTimer(index.name, index.engine?.name ?? "none"));
      const lists = await Promise.all(
        store.search(parsed, filter ?? CATALOGUE_ONLY, k, signal).map(async (list, at) => {
          const neighbours = await list;
          ends[at]?.();
          return { index: parsed[at]!.index.name, neighbours };
        }),
      );
      return { results: lists, appliedSeq };
    },

    listIndexes() {
      const indexes = store.indexes.map(({ name, model, engine }) => ({
        name,
        model,
        dimensions: engine && engine.count > 0 ? engine.dimensions : 0,
        vectorCount: BigInt(engine?.count ?? 0),
        sizeBytes: BigInt(engine?.sizeBytes ?? 0),
        engine: engine?.name ?? "flat",
      }));
      return { indexes, appliedSeq: store.applied.value };
    },
  };
}

function requireIndex(store: ItemStore, name: string) {
  const index = store.index(name);
  if (index) return index;
  throw notFound(`no index "${name}"; there are ${store.indexes.map((one) => one.name).join(", ")}`);
}

function parseQuery(store: ItemStore, query: Query, at: number): StoreQuery {
  const index = requireIndex(store, query.index);
  const field = `queries[${at}].vector`;
  const vector = parseVector(query.vector, (description) => {
    throw invalidArgument(field, description);
  });
  const { engine } = index;
  if (engine && engine.count > 0 && engine.dimensions !== vector.length) {
    throw invalidArgument(
      field,
      `must have ${engine.dimensions} dimensions, as ${index.name} has; got ${vector.length}`,
    );
  }
  // An emptied index of another length has nothing to compare with.
  return engine?.count === 0 ? { index: { ...index, engine: undefined }, vector } : { index, vector };
}

async function reach(store: ItemStore, seq: bigint, signal: HandlerContext["signal"]): Promise<void> {
  if (seq <= store.applied.value) return; // as nearly always: no timers for it
  const late = AbortSignal.timeout(Math.max(1, timeLeftMs(WAIT_MS) - ANSWER_MS));
  try {
    await store.applied.reached(seq, AbortSignal.any([signal, late]));
  } catch (error) {
    if (!late.aborted) throw error;
    throw deadlineExceeded(`this replica has applied change ${store.applied.value}, not yet ${seq} (min_seq)`);
  }
}
