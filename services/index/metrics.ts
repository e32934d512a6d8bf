import { Gauge, Histogram, type Registry } from "prom-client";
import { healthParts, healthScore } from "./health-score.ts";
import type { ItemStore } from "./store.ts";
import type { Tail } from "./tail.ts";
import type { VectorAnswer } from "./vectors/types.ts";

export interface IndexMetrics {
  /** Count one search when it has ended well, and say how long it took. */
  timed(index: string, search: Promise<VectorAnswer>): Promise<{ answer: VectorAnswer; ms: number }>;
}

/** The metrics of the Index under their old names; gauges are read when they are scraped. */
export function createIndexMetrics(registry: Registry, store: ItemStore, tail: Tail): IndexMetrics {
  const gauge = (name: string, help: string, labelNames: string[], collect: (gauge: Gauge) => void) =>
    new Gauge({
      name,
      help,
      labelNames,
      registers: [registry],
      collect() {
        collect(this);
      },
    });
  const byIndex = (name: string, help: string, value: (index: ItemStore["indexes"][number]) => number) =>
    gauge(name, help, ["index"], (one) => {
      for (const index of store.indexes) one.set({ index: index.name }, value(index));
    });
  byIndex("faiss_index_vector_count", "vectors that can be found", ({ vectors }) => vectors?.count ?? 0);
  byIndex(
    "faiss_index_size_bytes",
    "bytes of the vectors that can be found and their attributes",
    ({ vectors }) => vectors?.sizeBytes ?? 0,
  );
  byIndex("faiss_memory_usage_bytes", "memory held for the index", ({ vectors }) => vectors?.memoryBytes ?? 0);
  byIndex("faiss_index_health_score", "0.7 × freshness + 0.3 × connection, 0 to 1", () => healthScore(tail));
  gauge("faiss_index_health_part", "parts of the health score, each 0 to 1", ["part"], (one) => {
    for (const [part, value] of Object.entries(healthParts(tail))) one.set({ part }, value);
  });
  gauge("index_applied_seq", "last change that this replica has applied", [], (one) =>
    one.set(Number(store.applied.value)),
  );
  gauge("index_replication_lag", "changes that are not applied, as last seen", [], (one) => one.set(tail.lag));
  gauge("index_tail_connected", "1 while the change log can be read", [], (one) => one.set(tail.connected ? 1 : 0));
  const duration = new Histogram({
    name: "faiss_search_duration_seconds",
    help: "time of one search in one index",
    labelNames: ["index", "engine", "plan"],
    buckets: [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5],
    registers: [registry],
  });
  return {
    async timed(index, search) {
      const began = performance.now();
      const answer = await search;
      const ms = performance.now() - began;
      duration.observe({ index, engine: answer.plan.engine, plan: answer.plan.kind }, ms / 1000);
      return { answer, ms };
    },
  };
}
