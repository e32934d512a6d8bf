import type { StoredItem } from "./item.ts";

/** Enough that each part of a million items grows, and is copied, in its own, short time: a large Map stops everything. */
const SHARDS = 256;

/** What is known of an item beside its vectors. */
export type ItemRecord = Readonly<Omit<StoredItem, "itemId" | "embeddings">> & {
  /** The change that wrote this version. */
  readonly seq: bigint;
};

type Shard = ReadonlyMap<string, ItemRecord>;

/** The current version of every item, without vectors, by id. */
export class ItemTable {
  readonly #shards = Array.from({ length: SHARDS }, () => ({ items: new Map<string, ItemRecord>(), held: false }));
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(itemId: string): ItemRecord | undefined {
    return this.#shards[shardOf(itemId)]!.items.get(itemId);
  }

  set(itemId: string, record: ItemRecord): void {
    const items = this.#changeable(itemId);
    const before = items.size;
    items.set(itemId, record);
    this.#size += items.size - before;
  }

  delete(itemId: string): boolean {
    const there = this.get(itemId) !== undefined && this.#changeable(itemId).delete(itemId);
    if (there) this.#size--;
    return there;
  }

  *ids(): Generator<string, void> {
    for (const { items } of this.#shards) yield* items.keys();
  }

  /** All items as they are now; stays what it is. A part that is changed afterwards is copied first, once. */
  hold(): { size: number; entries(): Iterable<[string, ItemRecord]> } {
    const held = this.#shards.map((shard): Shard => {
      shard.held = true;
      return shard.items;
    });
    return {
      size: this.#size,
      *entries() {
        for (const items of held) yield* items;
      },
    };
  }

  #changeable(itemId: string): Map<string, ItemRecord> {
    const shard = this.#shards[shardOf(itemId)]!;
    if (shard.held) {
      shard.items = new Map(shard.items);
      shard.held = false;
    }
    return shard.items;
  }
}

function shardOf(itemId: string): number {
  let hash = itemId.length;
  for (let at = Math.max(0, itemId.length - 6); at < itemId.length; at++) {
    hash = Math.imul(hash, 31) + itemId.charCodeAt(at);
  }
  return (hash ^ (hash >>> 12)) & (SHARDS - 1);
}
