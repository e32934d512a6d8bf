import type { ServiceImpl } from "@connectrpc/connect";
import type { Sql } from "postgres";
import type { IndexService } from "../../gen/flashfit/index/v1/index_pb.ts";
import { databaseErrors } from "../kit/database.ts";
import { failedPrecondition, invalidArgument, notFound } from "../kit/errors.ts";
import { requireStorable } from "../kit/storable-text.ts";
import { createBatchGet } from "./batch-get.ts";
import { createBenchmark } from "./benchmark.ts";
import { appendDeletes, appendItems, appendOwnerDeletes, DimensionError, MetricError, readItem } from "./change-log.ts";
import type { ChosenEngine } from "./choose-engine.ts";
import type { IndexEvents } from "./events.ts";
import { itemMessage } from "./item-message.ts";
import { createList } from "./list.ts";
import { createListIndexes } from "./list-indexes.ts";
import type { IndexMetrics } from "./metrics.ts";
import { createCompact } from "./operate/compact.ts";
import { createRestore, createSnapshot } from "./operate/snapshot.ts";
import { parseItems } from "./parse-items.ts";
import { createRangeSearch } from "./search/range-search.ts";
import { createSearch } from "./search/search.ts";
import type { Snapshots } from "./snapshots.ts";
import type { ItemStore } from "./store.ts";
import type { Tail } from "./tail.ts";
import { createTune } from "./tune/tune.ts";
import { createVerify } from "./verify.ts";

export interface IndexServiceOptions {
  sql: Sql;
  store: ItemStore;
  tail: Tail;
  metrics: IndexMetrics;
  events: IndexEvents;
  engine: ChosenEngine;
  /** Absent: none are kept. */
  snapshots?: Snapshots | undefined;
}

/** Answer IndexService RPCs: writes go to PostgreSQL, searches are answered from memory. */
export function createIndexService({
  sql,
  store,
  tail,
  metrics,
  events,
  engine,
  snapshots,
}: IndexServiceOptions): ServiceImpl<typeof IndexService> {
  return {
    async upsert({ items }) {
      const parsed = parseItems(items, store.models);
      try {
        return { changeSeq: await databaseErrors(() => appendItems(sql, parsed, store.models)) };
      } catch (error) {
        if (error instanceof MetricError) throw failedPrecondition(error.message);
        if (!(error instanceof DimensionError)) throw error;
        throw invalidArgument(`items[${error.itemAt}].embeddings[${error.embeddingAt}].vector`, error.message);
      }
    },

    async delete({ itemIds }) {
      requireStorable(Object.fromEntries(itemIds.map((id, at) => [`item_ids[${at}]`, id])));
      const { seq, deleted } = await databaseErrors(() => appendDeletes(sql, itemIds));
      return { changeSeq: seq, deleted };
    },

    async deleteByOwner({ ownerId }) {
      requireStorable({ owner_id: ownerId });
      const { seq, deleted } = await databaseErrors(() => appendOwnerDeletes(sql, ownerId));
      return { changeSeq: seq, deleted: BigInt(deleted) };
    },

    async get({ itemId }) {
      requireStorable({ item_id: itemId });
      const found = await databaseErrors(() => readItem(sql, itemId));
      if (!found) throw notFound(`no item "${itemId}"`);
      return { item: itemMessage(found.item), changeSeq: found.seq };
    },

    batchGet: createBatchGet(store),
    list: createList(sql),
    search: createSearch(store, metrics, events),
    rangeSearch: createRangeSearch(store, metrics, events),
    verify: createVerify(sql, store),
    benchmark: createBenchmark(store),

    listIndexes: createListIndexes(store, engine, snapshots),
    snapshot: createSnapshot(snapshots),
    restore: createRestore(snapshots, store, tail),
    compact: createCompact(store),
    tune: createTune(store, engine),
  };
}
