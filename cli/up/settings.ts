import { z } from "zod";
import { envoySettings } from "../../envoy/settings.ts";
import { integerSetting, portSetting } from "../../services/kit/config.ts";

/** What can run a process of this project. */
export type Runtime = z.infer<typeof runtime>;
const runtime = z.enum(["node", "deno", "bun"]);

/** The four services, as processes are named. */
export const serviceNames = ["encoder", "index", "fusion", "feedback"] as const;
export type ServiceName = (typeof serviceNames)[number];

/** Every process of this project. */
export const processNames = [...serviceNames, "web", "monitor"] as const;
export type ProcessName = (typeof processNames)[number];

/** Envoy's settings, without the hosts of its neighbours: here everything runs on this machine. */
const {
  ENVOY_ADMIN_HOST,
  MESH_HOST,
  ENCODER_HOST,
  INDEX_HOST,
  FUSION_HOST,
  FEEDBACK_HOST,
  WEB_HOST,
  MONITOR_HOST,
  ...edge
} = envoySettings.shape;

/** What `flashfit up` itself reads; each service has its own schema in services/<name>/config.ts. */
export const launcherConfig = z.object({
  ...edge,
  ENCODER_METRICS_PORT: portSetting(9101, "metrics of Encoder"),
  INDEX_METRICS_PORT: portSetting(9102, "metrics of Index"),
  FAISS_METRICS_PORT: portSetting(9091, "metrics of Index once more, where the FAISS monitor was"),
  FUSION_METRICS_PORT: portSetting(9103, "metrics of Fusion"),
  FEEDBACK_METRICS_PORT: portSetting(9104, "metrics of Feedback"),
  WEB_METRICS_PORT: portSetting(9106, "metrics of the page's server"),
  MONITOR_PORT: portSetting(9092, "the monitor's metrics, alerts and health"),
  POSTGRES_PORT: portSetting(15432, "port of the embedded PostgreSQL"),
  REDIS_PORT: portSetting(16379, "port of the embedded Valkey"),
  DATABASE_URL: z.url().optional().describe("a PostgreSQL to use instead of the embedded one"),
  REDIS_URL: z.url().optional().describe("a Redis or Valkey to use instead of the embedded one"),
  VALKEY_MAX_MEMORY: z.string().default("128mb").describe("memory of the embedded Valkey, as in valkey.conf"),
  FLASHFIT_HOME: z.string().default(".flashfit").describe("where certificates, secrets, data and logs are kept"),
  FLASHFIT_RUNTIME: runtime
    .default("node")
    .describe("what runs the services, the page's server and the monitor: node, deno or bun"),
  INDEX_REPLICAS: integerSetting(
    { min: 1, max: 16, default: 1 },
    "processes of Index, each with all vectors in memory; Envoy balances, and leaves out what lags or is away",
  ),
  INDEX_MALLOC_LIBRARY: z
    .string()
    .optional()
    .describe(
      'library that gives Index its memory, on Node under Linux; default: the system\'s libjemalloc.so.2 if it is there; "none": never',
    ),
  ENCODER_RUNTIME: runtime.optional().describe("what runs Encoder, if not FLASHFIT_RUNTIME"),
  INDEX_RUNTIME: runtime.optional().describe("what runs Index, if not FLASHFIT_RUNTIME"),
  FUSION_RUNTIME: runtime.optional().describe("what runs Fusion, if not FLASHFIT_RUNTIME"),
  FEEDBACK_RUNTIME: runtime.optional().describe("what runs Feedback, if not FLASHFIT_RUNTIME"),
  WEB_RUNTIME: runtime.optional().describe("what runs the page's server, if not FLASHFIT_RUNTIME"),
  MONITOR_RUNTIME: runtime.optional().describe("what runs the monitor, if not FLASHFIT_RUNTIME"),
  START_TIMEOUT_MS: integerSetting(
    { min: 1000, max: 600_000, default: 60_000 },
    "how long one process may take to be ready, milliseconds",
  ),
  DRAIN_MS: integerSetting(
    { min: 0, max: 600_000, default: 10_000 },
    "how long calls in flight may take at a stop, milliseconds",
  ),
});
export type LauncherConfig = z.infer<typeof launcherConfig>;
