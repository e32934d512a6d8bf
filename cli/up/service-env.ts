import { join } from "node:path";
import { projectRoot } from "../state/home.ts";
import type { Ports, ReplicaPorts } from "./plan.ts";

type Environment = Record<string, string | undefined>;

/** What the services are told by the launcher, over what the environment says. */
export function serviceEnvironment(o: {
  env: Environment;
  ports: Ports;
  /** Where the mesh keeps its data. */
  home: string;
  databaseUrl: string;
  redisUrl: string;
  version: string;
}): Environment {
  const ports = Object.fromEntries(Object.entries(o.ports).map(([name, port]) => [name, String(port)]));
  return {
    MODEL_DIR: join(projectRoot, "models"),
    WEB_DIR: join(projectRoot, "web/dist"),
    WEB_DOCS_DIR: join(projectRoot, "docs/openapi"),
    MONITOR_DISK_PATH: o.home,
    INDEX_SNAPSHOT_DIR: join(o.home, "snapshots"),
    PROMETHEUS_URL: `http://127.0.0.1:${o.env.PROMETHEUS_PORT || 9090}`,
    ...o.env,
    ...ports,
    APP_VERSION: o.version,
    DATABASE_URL: o.databaseUrl,
    REDIS_URL: o.redisUrl,
    MESH_URL: `https://127.0.0.1:${o.ports.MESH_PORT}`,
  };
}

/** What a further replica of Index is told: ports and a folder of its own, for it would overwrite the other's snapshots. */
export function replicaEnvironment(env: Environment, name: string, { rpc, metrics, faissMetrics }: ReplicaPorts) {
  return {
    ...env,
    INDEX_PORT: String(rpc),
    INDEX_METRICS_PORT: String(metrics),
    FAISS_METRICS_PORT: String(faissMetrics),
    ...(env.INDEX_SNAPSHOT_DIR && { INDEX_SNAPSHOT_DIR: `${env.INDEX_SNAPSHOT_DIR}-${name}` }),
    ...(env.WEAVIATE_INSTANCE && { WEAVIATE_INSTANCE: `${env.WEAVIATE_INSTANCE}-${name}` }),
  };
}
