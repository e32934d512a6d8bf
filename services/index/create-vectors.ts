import type { ChosenEngine } from "./choose-engine.ts";
import type { IndexConfig } from "./config.ts";
import type { CreateVectors } from "./contents.ts";
import type { IndexEvents } from "./events.ts";
import type { Scanner } from "./kernel/scan.ts";
import type { GraphOptions, RebuildSettings } from "./vectors/types.ts";
import { VectorIndex } from "./vectors/vector-index.ts";

const FACTORY = "HNSW32,Flat";

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

/** What is built of so many rows. */
export function factoryOf({ INDEX_FACTORY = FACTORY }: Pick<GraphConfig, "INDEX_FACTORY">): (count: number) => string {
  return () => INDEX_FACTORY;
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
  scanner: Pick<Scanner, "scan">;
  events: IndexEvents;
  blockRows?: number;
}): CreateVectors {
  const rebuild: Partial<RebuildSettings> = {
    minGraphRows: config.INDEX_GRAPH_MIN_ROWS,
    maxNewShare: config.INDEX_REBUILD_NEW_SHARE,
    maxDeadShare: config.INDEX_REBUILD_DELETED_SHARE,
  };
  const graph: GraphOptions | undefined = engine && {
    engine,
    factory: factoryOf(config),
    params: { efSearch: config.INDEX_EF_SEARCH, nprobe: config.INDEX_NPROBE },
    prefer: config.INDEX_PLAN === "graph",
  };
  return ({ name, ...options }) =>
    new VectorIndex({
      ...options,
      scanner,
      rebuild,
      onEvent: (event) => events.tell("vectors", { index: name, event }),
      ...(graph && { graph }),
      ...(blockRows !== undefined && { blockRows }),
    });
}
