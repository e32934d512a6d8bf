import { Counter, type Registry } from "prom-client";
import { RESP_TYPES } from "redis";
import type { Logger } from "./log.ts";
import { connectRedis } from "./redis.ts";

/** A cache that may forget everything at any time. Its methods never reject and never take longer than the timeout. */
export interface Cache {
  /** One value a key; undefined: not there, or the cache is away. */
  get(keys: string[]): Promise<(Uint8Array | undefined)[]>;
  set(key: string, value: Uint8Array, ttlSeconds: number): Promise<void>;
}

/** The parts of a service that its cache takes part in. */
export interface CacheOwner {
  log: Logger;
  metrics: Registry;
  onStop(release: () => void): void;
  /** Longest time that one call may cost, milliseconds. Default 50. */
  timeoutMs?: number;
}

/**
 * Connect to Valkey or Redis in the background. Away counts as a miss: `cache_requests_total{operation,outcome}` with
 * outcome hit, miss, stored or away; one log line when it goes and one when it is back. Without `url`: nothing is cached.
 */
export function connectCache(url: string | undefined, { log, metrics, onStop, timeoutMs = 50 }: CacheOwner): Cache {
  if (url === undefined) return { get: async (keys) => keys.map(() => undefined), set: async () => {} };
  const requests = new Counter({
    name: "cache_requests_total",
    help: "reads and writes of the cache",
    labelNames: ["operation", "outcome"],
    registers: [metrics],
  });
  let away = false;
  const events = {
    onAway(error: Error) {
      if (!away) log.warn({ event: "cache_away", err: error }, "the cache is away; going on without it");
      away = true;
    },
    onReady() {
      if (away) log.info({ event: "cache_back" }, "the cache is back");
      away = false;
    },
    onStop,
  };
  // A server that hangs must not pile up values here.
  const client = connectRedis(url, events, { commandsQueueMaxLength: 1000 });
  const binary = client.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer });

  /** The answer within the time, or undefined. A cache that fails is away, whatever the reason. */
  async function within<T>(operation: "get" | "set", work: () => Promise<T>): Promise<T | undefined> {
    if (!client.isReady) {
      requests.inc({ operation, outcome: "away" });
      return undefined;
    }
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
    });
    try {
      return await Promise.race([work(), late]);
    } catch (error) {
      requests.inc({ operation, outcome: "away" });
      log.debug({ event: "cache_failed", operation, err: error }, "the cache did not answer");
      return undefined;
    } finally {
      clearTimeout(timer);
    }
  }

  return {
    async get(keys) {
      if (keys.length === 0) return [];
      const values = await within("get", () => binary.mGet(keys));
      if (!values) return keys.map(() => undefined);
      return values.map((value) => {
        requests.inc({ operation: "get", outcome: value ? "hit" : "miss" });
        return value ?? undefined;
      });
    },
    async set(key, value, ttlSeconds) {
      const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
      const done = await within("set", () => client.set(key, bytes, { expiration: { type: "EX", value: ttlSeconds } }));
      if (done) requests.inc({ operation: "set", outcome: "stored" });
    },
  };
}
