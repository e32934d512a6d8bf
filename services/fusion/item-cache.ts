import { Gauge, type Registry } from "prom-client";
import { CounterFamily } from "../kit/series.ts";
import { Lru } from "./lru.ts";
import type { IndexedItem } from "./vectors.ts";

/**
 * Items of the Index that were asked for before, so that ranking does not ask for the same hundred again. Vectors of an item
 * change only when it is encoded anew and its words when somebody corrects them: an entry is good for minutes, for ranking and
 * for finding what is near, and for nothing else; that an item is absent is good for two seconds. Who may see an item, and what
 * is shown of it, is read from the store.
 */
export interface ItemCache {
  /** "absent": the Index did not have it; undefined: it was not asked. */
  get(id: string): IndexedItem | "absent" | undefined;
  /** @param asked what `forgotten` was when the Index was asked: what was forgotten meanwhile may be in the answer, which is not kept */
  set(id: string, item: IndexedItem | "absent", asked: number): void;
  /** How often something was deleted or forgotten. */
  readonly forgotten: number;
  delete(id: string): void;
  /** Nothing of this person's is kept; without a name: of nobody's, which leaves the catalogue. */
  forgetOwner(ownerId?: string): void;
}

export interface ItemCacheOptions {
  /** The most that all entries may take, by estimate. */
  maxBytes: number;
  /** How long an entry is good for, milliseconds. */
  maxAgeMs: number;
  metrics: Registry;
  /** Milliseconds of any clock that does not go back. */
  nowMs?: () => number;
}

/** An item that a replica of the Index does not have yet is there soon. */
const ABSENT_MAX_AGE_MS = 2000;
const BYTES_PER_FLOAT = 4;
const BYTES_PER_ENTRY = 500;

/** A bounded cache of items, with its metrics. */
export function createItemCache({
  maxBytes,
  maxAgeMs,
  metrics,
  nowMs = () => performance.now(),
}: ItemCacheOptions): ItemCache {
  const lru = new Lru<string, { item: IndexedItem | "absent"; bytes: number; at: number }>({
    capacity: maxBytes,
    weigh: ({ bytes }) => bytes,
  });
  let forgotten = 0;
  const requests = new CounterFamily({
    name: "fusion_item_requests_total",
    help: "Items that answers needed, by whether the cache had them.",
    labelNames: ["outcome"],
    registry: metrics,
  });
  const goodFor = (item: IndexedItem | "absent") =>
    item === "absent" ? Math.min(maxAgeMs, ABSENT_MAX_AGE_MS) : maxAgeMs;
  const [hits, misses] = [requests.of("hit"), requests.of("miss")];
  new Gauge({
    name: "fusion_item_cache_bytes",
    help: "Memory of the cached items and their vectors, by estimate.",
    registers: [metrics],
    collect() {
      this.set(lru.weight);
    },
  });
  return {
    get(id) {
      const entry = lru.get(id);
      const fresh = entry !== undefined && nowMs() - entry.at <= goodFor(entry.item);
      (fresh ? hits : misses).value += 1;
      return fresh ? entry.item : undefined;
    },
    get forgotten() {
      return forgotten;
    },
    set(id, item, asked) {
      if (asked !== forgotten) return;
      const vectors = item === "absent" ? [] : [...item.vectors.values()];
      const floats = vectors.reduce((sum, { length }) => sum + length, 0);
      lru.set(id, { item, bytes: BYTES_PER_ENTRY + floats * BYTES_PER_FLOAT, at: nowMs() });
    },
    delete(id) {
      forgotten++;
      lru.delete(id);
    },
    forgetOwner(ownerId) {
      forgotten++;
      const isTheirs = (owner: string) => owner !== "" && (ownerId === undefined || owner === ownerId);
      for (const [id, { item }] of lru) if (item !== "absent" && isTheirs(item.ownerId)) lru.delete(id);
    },
  };
}
