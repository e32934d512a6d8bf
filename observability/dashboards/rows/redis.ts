import type { Row } from "../kit/dashboard.ts";
import { downUp, limits } from "../kit/limits.ts";
import { words } from "../kit/look.ts";
import { gauge, graph, stat } from "../kit/panels.ts";
import { rate, ratio, sum } from "../kit/queries.ts";

const hits = rate("flashfit_redis_keyspace_hits_total");
const misses = rate("flashfit_redis_keyspace_misses_total");

/** The cache. */
export const redis: Row = {
  title: "Redis",
  panels: [
    stat({
      title: "Redis",
      description: "Whether the cache answers. Good: UP; without it answers are slower, and none is lost.",
      unit: "short",
      queries: { Redis: "flashfit_redis_up" },
      width: 3,
      height: 8,
      limit: downUp,
      mappings: words("DOWN", "UP"),
    }),
    gauge({
      title: "Redis memory",
      description: "Share of the memory that it may use. Good: below 80 %; above, it forgets what was used least.",
      unit: "percentunit",
      queries: { memory: ratio("flashfit_redis_used_memory_bytes", "flashfit_redis_max_memory_bytes") },
      width: 4,
      height: 8,
      max: 1,
      decimals: 0,
      limit: limits.redisMemoryRatio,
      noValue: "no limit",
    }),
    graph({
      title: "Redis memory in bytes",
      description: "What it uses and may use; 0 is no limit. Good: a level that stays.",
      unit: "bytes",
      queries: { used: "flashfit_redis_used_memory_bytes", "at most": "flashfit_redis_max_memory_bytes" },
      width: 6,
    }),
    graph({
      title: "Redis hit rate",
      description: "Share of reads that found something. Good: above 0.5 where people ask again; low after a start.",
      unit: "percentunit",
      queries: { hits: ratio(sum(hits), `(${sum(hits)} + ${sum(misses)})`) },
      width: 6,
      max: 1,
      noValue: "no reads",
    }),
    graph({
      title: "Redis clients and keys evicted",
      description:
        "Connections, and keys that gave way to others each second. Good: a steady number of clients, no evictions.",
      unit: "short",
      queries: {
        clients: "flashfit_redis_connected_clients",
        "evictions/s": rate("flashfit_redis_evicted_keys_total"),
      },
      width: 5,
    }),
  ],
};
