import type { StoredItem } from "./item.ts";

/** Enough that each part of a million items grows in its own, short time: a large Map stops everything when it grows. */
const SHARDS = 64;

/** What is known of an item beside its vectors. */
export type ItemRecord = Readonly<Omit<StoredItem, "itemId" | "embeddings">> & {
  /** The change that wrote this version. */
  readonly seq: bigint;
};

/** The current version of every item, without vectors, by id. */
export class ItemTable {
  readonly #shards = Array.from({ length: SHARDS }, () => new Map<string, ItemRecord>());

  get size(): number {
    return this.#shards.reduce((sum, shard) => sum + shard.size, 0);
  }

  get(itemId: string): ItemRecord | undefined {
    return this.#shard(itemId).get(itemId);
  }

  set(itemId: string, record: ItemRecord): void {
    this.#shard(itemId).set(itemId, record);
  }

  delete(itemId: string): boolean {
    return this.#shard(itemId).delete(itemId);
  }

  *ids(): Generator<string, void> {
    for (const shard of this.#shards) yield* shard.keys();
  }

  #shard(itemId: string): Map<string, ItemRecord> {
    let hash = itemId.length;
    for (let at = Math.max(0, itemId.length - 6); at < itemId.length; at++) {
      hash = Math.imul(hash, 31) + itemId.charCodeAt(at);
    }
    return this.#shards[(hash ^ (hash >>> 12)) & (SHARDS - 1)]!;
  }
}
