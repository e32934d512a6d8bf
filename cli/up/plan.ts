import { lookup } from "node:dns/promises";
import { CommandError } from "../command.ts";
import { findPortHolder } from "./port-holder.ts";
import { choosePorts, describeTaken, type WantedPort } from "./ports.ts";
import type { LauncherConfig } from "./settings.ts";

/** Settings that name a port, with the setting that names its host, if that can be chosen. */
const LOOPBACK = [
  "ENVOY_ADMIN_PORT",
  "MESH_PORT",
  "ENCODER_PORT",
  "INDEX_PORT",
  "FUSION_PORT",
  "FEEDBACK_PORT",
  "WEB_PORT",
  "MONITOR_RPC_PORT",
  "ENCODER_METRICS_PORT",
  "INDEX_METRICS_PORT",
  "FAISS_METRICS_PORT",
  "FUSION_METRICS_PORT",
  "FEEDBACK_METRICS_PORT",
  "WEB_METRICS_PORT",
  "MONITOR_PORT",
  "POSTGRES_PORT",
  "REDIS_PORT",
] as const satisfies (keyof LauncherConfig)[];

const EDGE = ["EDGE_PORT", "EDGE_HTTP_PORT"] as const satisfies (keyof LauncherConfig)[];

/** Every port of a mesh, by its setting. */
export type Ports = Record<(typeof LOOPBACK)[number] | (typeof EDGE)[number], number>;

/** Ports of a further replica of Index. */
export interface ReplicaPorts {
  rpc: number;
  metrics: number;
  /** The same metrics once more. */
  faissMetrics: number;
}

/** Every port that will be listened on. */
export interface PortPlan {
  ports: Ports;
  /** Of the replicas of Index after the first: free ones. */
  replicas: ReplicaPorts[];
}

/**
 * Settles every port before anything is started: 0 becomes a free one.
 *
 * @throws CommandError that names every port that cannot be had, by its setting, and its holder.
 */
export async function settlePorts(config: LauncherConfig): Promise<PortPlan> {
  const skipped = new Set<string>();
  if (config.DATABASE_URL !== undefined) skipped.add("POSTGRES_PORT");
  if (config.REDIS_URL !== undefined) skipped.add("REDIS_PORT");
  const edgeHost = (await lookup(config.EDGE_HOST)).address;
  const further = Array.from({ length: config.INDEX_REPLICAS - 1 }, (_, at) => `INDEX_${at + 2}`);
  const wanted: WantedPort[] = [
    ...EDGE.map((setting) => ({ setting, host: edgeHost, port: config[setting] })),
    ...LOOPBACK.map((setting) => ({ setting, host: "127.0.0.1", port: config[setting] })),
    ...further.flatMap((name) =>
      ["PORT", "METRICS_PORT", "FAISS_METRICS_PORT"].map((kind) => ({
        setting: `${name}_${kind}`,
        host: "127.0.0.1",
        port: 0,
      })),
    ),
  ].filter(({ setting }) => !skipped.has(setting));
  const { ports, taken } = await choosePorts(wanted, findPortHolder);
  if (taken.length > 0) throw new CommandError(describeTaken(taken));
  const replicas = further.map((name) => ({
    rpc: ports[`${name}_PORT`]!,
    metrics: ports[`${name}_METRICS_PORT`]!,
    faissMetrics: ports[`${name}_FAISS_METRICS_PORT`]!,
  }));
  const named = Object.entries(ports).filter(([name]) => !further.some((one) => name.startsWith(`${one}_`)));
  return { ports: Object.fromEntries(named) as Ports, replicas };
}
