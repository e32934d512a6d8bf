const SHARDS = 64;

/**
 * Item id to row number. In shards, because a Map of a million entries stops everything for a tenth of a second when it
 * grows; of 64 small ones each grows in its own time and quickly.
 */
export class IdMap {
  readonly #shards = Array.from({ length: SHARDS }, () => new Map<string, number>());
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(itemId: string): number | undefined {
    return this.#shard(itemId).get(itemId);
  }

  /** For an id that is not there. */
  add(itemId: string, row: number): void {
    this.#shard(itemId).set(itemId, row);
    this.#size++;
  }

  /** The row that the id had. */
  take(itemId: string): number | undefined {
    const shard = this.#shard(itemId);
    const row = shard.get(itemId);
    if (row === undefined) return undefined;
    shard.delete(itemId);
    this.#size--;
    return row;
  }

  /** By the last characters: where ids differ, be they counted or random. */
  #shard(itemId: string): Map<string, number> {
    const end = itemId.length;
    let hash = end;
    for (let at = Math.max(0, end - 6); at < end; at++) hash = Math.imul(hash, 31) + itemId.charCodeAt(at);
    return this.#shards[(hash ^ (hash >>> 12)) & (SHARDS - 1)]!;
  }
}
