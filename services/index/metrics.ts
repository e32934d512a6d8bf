import { Counter, Histogram, type Registry } from "prom-client";
import { HistogramFamily } from "../kit/series.ts";
import type { IndexEvents } from "./events.ts";
import { gaugesOf } from "./health/gauges.ts";
import type { ItemStore, ModelIndex } from "./store.ts";
import type { Tail } from "./tail.ts";
import type { Plan } from "./vectors/planner.ts";

export interface IndexMetrics {
  /** Count one search that has ended well. */
  answered(index: string, plan: Pick<Plan, "engine" | "kind">, ms: number): void;
}

const SEARCH_BUCKETS = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];
const REBUILD_BUCKETS = [0.1, 0.5, 1, 5, 10, 30, 60, 300, 600, 1800];

/** The metrics of the Index under their old names, and what it does beside searching; gauges are read when they are scraped. */
export function createIndexMetrics(
  registry: Registry,
  store: ItemStore,
  tail: Pick<Tail, "lag" | "connected">,
  events: IndexEvents,
): IndexMetrics {
  addContents(registry, store);
  const gauge = gaugesOf(registry);
  gauge("index_applied_seq", "last change that this replica has applied", [], () => [
    [{}, Number(store.applied.value)],
  ]);
  gauge("index_replication_lag", "changes that are not applied, as last seen", [], () => [[{}, tail.lag]]);
  gauge("index_tail_connected", "1 while the change log can be read", [], () => [[{}, tail.connected ? 1 : 0]]);
  countWork(registry, store, events);
  const duration = new HistogramFamily({
    name: "faiss_search_duration_seconds",
    help: "time of one search in one index",
    labelNames: ["index", "engine", "plan"],
    buckets: SEARCH_BUCKETS,
    registry,
  });
  return {
    answered(index, { engine, kind }, ms) {
      duration.of(index, engine, kind).observe(ms / 1000);
    },
  };
}

/** What the indices hold. */
function addContents(registry: Registry, store: ItemStore): void {
  const gauge = gaugesOf(registry);
  const byIndex = (name: string, help: string, value: (vectors: NonNullable<ModelIndex["vectors"]>) => number) =>
    gauge(name, help, ["index"], () =>
      store.indexes.map((index) => [{ index: index.name }, index.vectors ? value(index.vectors) : 0]),
    );
  byIndex("faiss_index_vector_count", "vectors that can be found", (vectors) => vectors.count);
  byIndex("faiss_index_size_bytes", "bytes of the vectors that can be found", (vectors) => vectors.sizeBytes);
  byIndex("faiss_memory_usage_bytes", "memory held for the index", (vectors) => vectors.memoryBytes);
  byIndex("faiss_index_tombstones", "rows that are dead but still hold their memory", (vectors) => vectors.tombstones);
  byIndex("faiss_index_graph_rows", "rows in the graph, dead ones included", (vectors) => vectors.graphRows);
  byIndex(
    "faiss_index_delta_rows",
    "rows that are newer than the graph and scanned beside it; all rows where there is none",
    (vectors) => vectors.count + vectors.tombstones - vectors.graphRows,
  );
  byIndex("faiss_index_rebuilding", "1 while rows and graph are made anew", ({ rebuildState: { phase } }) =>
    phase === "idle" || phase === "waiting" ? 0 : 1,
  );
  gauge("faiss_memory_part_bytes", "memory held for the index, by what holds it", ["index", "part"], () =>
    store.indexes.flatMap(({ name, vectors }) => {
      if (!vectors) return [];
      const { total: _, ...parts } = vectors.memory;
      return Object.entries(parts).map(([part, bytes]): [{ index: string; part: string }, number] => [
        { index: name, part },
        bytes,
      ]);
    }),
  );
  gauge(
    "faiss_index_info",
    "1; what answers searches at best, and what was built",
    ["index", "engine", "factory"],
    () =>
      store.indexes.map(({ name, vectors }) => [
        { index: name, engine: vectors?.name ?? "flat", factory: vectors?.factory ?? "none" },
        1,
      ]),
  );
}

/** Rebuilds and snapshots. */
function countWork(registry: Registry, store: ItemStore, events: IndexEvents): void {
  const rebuilds = new Histogram({
    name: "faiss_index_rebuild_duration_seconds",
    help: "time in which rows and graph were made anew, beside serving",
    labelNames: ["index"],
    buckets: REBUILD_BUCKETS,
    registers: [registry],
  });
  const failures = new Counter({
    name: "faiss_index_failures_total",
    help: "rebuilds that failed, and graphs that failed while they served",
    labelNames: ["index", "kind"],
    registers: [registry],
  });
  const snapshots = new Counter({
    name: "faiss_snapshots_total",
    help: "snapshots written, failed, or found to be damaged",
    labelNames: ["outcome"],
    registers: [registry],
  });
  for (const { name: index } of store.indexes) {
    rebuilds.zero({ index });
    for (const kind of ["rebuild-failed", "graph-failed"]) failures.inc({ index, kind }, 0);
  }
  for (const outcome of ["written", "failed", "set-aside", "unreadable", "graph-dropped"])
    snapshots.inc({ outcome }, 0);
  events.on("vectors", ({ index, event }) => {
    if (event.kind === "rebuilt") rebuilds.observe({ index }, event.ms / 1000);
    else failures.inc({ index, kind: event.kind });
  });
  events.on("snapshot", ({ kind }) => snapshots.inc({ outcome: kind }));
}
