import type { ChosenEngine } from "./choose-engine.ts";
import type { IndexConfig } from "./config.ts";
import type { CreateVectors } from "./contents.ts";
import type { IndexEvents } from "./events.ts";
import type { Scanner } from "./kernel/scan.ts";
import type { GraphOptions, RebuildSettings, VectorMetric } from "./vectors/types.ts";
import { VectorIndex } from "./vectors/vector-index.ts";

type GraphConfig = Pick<
  IndexConfig,
  | "INDEX_FACTORY"
  | "INDEX_EF_SEARCH"
  | "INDEX_NPROBE"
  | "INDEX_PLAN"
  | "INDEX_GRAPH_MIN_ROWS"
  | "INDEX_REBUILD_NEW_SHARE"
  | "INDEX_REBUILD_DELETED_SHARE"
>;

/**
 * The graph that is built where none is configured, in FAISS's words. Values of unit vectors are alike in size, so a byte
 * each keeps what a search needs, and exact scores put the rest right; of other values nothing is known. See decision 17.
 */
export function defaultFactory(metric: VectorMetric): string {
  return metric === "cosine" ? "HNSW32,SQ8" : "HNSW32,Flat";
}

/** What is built of vectors that are compared so. */
export function factoryOf({ INDEX_FACTORY }: Pick<GraphConfig, "INDEX_FACTORY">): (metric: VectorMetric) => string {
  return (metric) => INDEX_FACTORY ?? defaultFactory(metric);
}

/** Makes indexes as configured. */
export function vectorsMaker({
  config,
  engine,
  scanner,
  events,
  blockRows,
}: {
  config: GraphConfig;
  engine?: ChosenEngine["engine"];
  scanner: Omit<Scanner, "close">;
  events: IndexEvents;
  blockRows?: number;
}): CreateVectors {
  const rebuild: Partial<RebuildSettings> = {
    minGraphRows: config.INDEX_GRAPH_MIN_ROWS,
    maxNewShare: config.INDEX_REBUILD_NEW_SHARE,
    maxDeadShare: config.INDEX_REBUILD_DELETED_SHARE,
  };
  const factory = factoryOf(config);
  const graph: Omit<GraphOptions, "factory"> | undefined = engine && {
    engine,
    params: { efSearch: config.INDEX_EF_SEARCH, nprobe: config.INDEX_NPROBE },
    prefer: config.INDEX_PLAN === "graph",
  };
  return ({ name, ...options }) =>
    new VectorIndex({
      ...options,
      scanner,
      rebuild,
      onEvent: (event) => events.tell("vectors", { index: name, event }),
      ...(graph && { graph: { ...graph, factory: () => factory(options.metric) } }),
      ...(blockRows !== undefined && { blockRows }),
    });
}
