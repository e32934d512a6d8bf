import { z } from "zod";
import { commonSettings, databaseSettings, integerSetting, portSetting } from "../kit/config.ts";
import type { IndexDefinition } from "./store.ts";
import type { VectorMetric } from "./vectors/types.ts";

const ONE = "[a-z0-9][a-z0-9._-]*=[a-z0-9][a-z0-9_-]*(:(cosine|ip|l2))?";
const MODELS = new RegExp(`^${ONE}(,${ONE})*$`);

function shareSetting(share: number, what: string) {
  return z.coerce.number().gt(0).max(1).default(share).describe(what);
}

/** Every setting that the Index reads. */
export const indexConfig = z.object({
  ...commonSettings,
  ...databaseSettings,
  INDEX_HOST: z.string().default("127.0.0.1").describe("address that the Index listens on"),
  INDEX_PORT: portSetting(50052, "RPC port of the Index"),
  INDEX_METRICS_PORT: portSetting(9102, "HTTP port of the Index's /metrics"),
  FAISS_METRICS_PORT: portSetting(9091, "second HTTP port of the same /metrics, where the old monitor is looked for"),
  INDEX_MODELS: z
    .string()
    .regex(MODELS, "expected model=index or model=index:metric with commas between them; a metric is cosine, ip or l2")
    .default("clip=clip_fashion,blip=blip_fashion,fashion=fashion_specific")
    .describe(
      "which model's vectors fill which index, and how they are compared: model=index:cosine (the default), :ip (inner product) or :l2; fixed by a model's first vector",
    ),
  INDEX_ENGINE: z
    .enum(["auto", "flat", "faiss", "faiss-node", "weaviate"])
    .default("auto")
    .describe(
      "what large indices are searched with: flat compares all vectors; faiss (npm run setup:faiss), faiss-node and weaviate build graphs and must be there when they are named; auto takes faiss if it is there, else flat",
    ),
  WEAVIATE_URL: z.url().default("http://127.0.0.1:8080").describe("REST of Weaviate, for INDEX_ENGINE=weaviate"),
  WEAVIATE_GRPC_URL: z.url().default("http://127.0.0.1:50061").describe("gRPC of Weaviate; https:// for TLS"),
  WEAVIATE_API_KEY: z.string().optional().describe("key of Weaviate; empty: none is asked for"),
  WEAVIATE_INSTANCE: z
    .string()
    .optional()
    .describe(
      "whose collections are whose in Weaviate: the same after a restart, another one for each replica; default: host name and INDEX_PORT",
    ),
  FAISS_C_LIBRARY: z
    .string()
    .optional()
    .describe("libfaiss_c, or a folder with its builds; empty: what npm run setup:faiss built, or the system's"),
  INDEX_FACTORY: z
    .string()
    .max(128)
    .optional()
    .describe(
      "graph to build, in FAISS's words; flashfit index tune proposes one; empty: HNSW32,SQ8 where vectors are compared by cosine, else HNSW32,Flat",
    ),
  INDEX_EF_SEARCH: integerSetting(
    { min: 1, max: 65_536, default: 64 },
    "HNSW: candidates kept while searching, where a search names no number",
  ),
  INDEX_NPROBE: integerSetting(
    { min: 1, max: 65_536, default: 16 },
    "IVF: cells that are looked into, where a search names no number",
  ),
  INDEX_THREADS: z.coerce
    .number()
    .int()
    .min(0)
    .max(1024)
    .optional()
    .describe("threads that compare vectors; 0: none, the event loop does it; empty: one a processor"),
  INDEX_GRAPH_MIN_ROWS: integerSetting(
    { min: 1, max: 2_000_000_000, default: 20_000 },
    "vectors of an index from which on it gets a graph",
  ),
  INDEX_PLAN: z
    .enum(["cheapest", "graph"])
    .default("cheapest")
    .describe(
      "how a search is answered that a graph may answer: cheapest, as measured; graph, always by the graph, which is of use in tests",
    ),
  INDEX_REBUILD_NEW_SHARE: shareSetting(0.1, "share of vectors newer than the graph above which it is built again"),
  INDEX_REBUILD_DELETED_SHARE: shareSetting(
    0.25,
    "share of deleted vectors above which an index is compacted and its graph is built again",
  ),
  INDEX_SNAPSHOT_DIR: z
    .string()
    .optional()
    .describe("folder of this replica's snapshots, its own: makes its next start fast; empty: none"),
  INDEX_SNAPSHOT_INTERVAL_SECONDS: integerSetting(
    { min: 1, max: 2_000_000, default: 900 },
    "time between two snapshots, where anything changed; a last one is written on SIGTERM",
  ),
  INDEX_KEEP_CHANGES: integerSetting(
    { min: 0, max: 2_000_000_000, default: 100_000 },
    "changes for which replaced versions of items stay in PostgreSQL; a replica that is further behind loads all items anew",
  ),
  INDEX_RECALL_PERCENT: integerSetting(
    { min: 0, max: 100, default: 5 },
    "of the searches that a graph answered so many percent are answered exactly as well, to measure recall; 0: none",
  ),
  INDEX_RECALL_CPU_MS: integerSetting(
    { min: 0, max: 100_000, default: 20 },
    "processor time that measuring recall may take, milliseconds a second; what does not fit is not measured",
  ),
  INDEX_UNHEALTHY_PERCENT: integerSetting(
    { min: 0, max: 100, default: 50 },
    "below this health score a replica says NOT_SERVING, percent; see docs/how-to/index-health.md",
  ),
  INDEX_HEALTHY_PERCENT: integerSetting(
    { min: 0, max: 100, default: 70 },
    "above this health score it says SERVING again, percent; not less than INDEX_UNHEALTHY_PERCENT",
  ),
  INDEX_HEALTH_HOLD_MS: integerSetting(
    { min: 0, max: 600_000, default: 10_000 },
    "so long the health score has to stay beyond one of these limits before the replica says so, milliseconds",
  ),
  INDEX_POLL_MS: integerSetting(
    { min: 10, max: 60_000, default: 1000 },
    "how often the change log is looked at when no notification arrives, milliseconds",
  ),
});

export type IndexConfig = z.infer<typeof indexConfig>;

/** INDEX_MODELS by model. */
export function parseModels(text: string): Map<string, IndexDefinition> {
  return new Map(
    text.split(",").map((pair) => {
      const [model = "", index = ""] = pair.split("=");
      const [name = "", metric = "cosine"] = index.split(":");
      return [model, { name, metric: metric as VectorMetric }];
    }),
  );
}
