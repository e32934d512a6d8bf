import { reachable } from "./edge.ts";
import type { PortPlan, Ports } from "./plan.ts";
import { processes, replicaName } from "./processes.ts";

/** What listens where: edge, redirect, admin, mesh, and of the embedded data servers postgres, valkey. */
export function meshAddresses(edgeHost: string, ports: Ports): Record<string, string> {
  const edge = reachable(edgeHost);
  const addresses: Record<string, string> = {
    edge: `https://${edge}:${ports.EDGE_PORT}`,
    redirect: `http://${edge}:${ports.EDGE_HTTP_PORT}`,
    admin: `http://127.0.0.1:${ports.ENVOY_ADMIN_PORT}`,
    mesh: `https://127.0.0.1:${ports.MESH_PORT}`,
    monitor: `http://127.0.0.1:${ports.MONITOR_PORT}`,
  };
  if (ports.POSTGRES_PORT !== undefined) addresses.postgres = `postgres://127.0.0.1:${ports.POSTGRES_PORT}/flashfit_ai`;
  if (ports.REDIS_PORT !== undefined) addresses.valkey = `redis://127.0.0.1:${ports.REDIS_PORT}`;
  return addresses;
}

/** Where each process, and Envoy, tells its metrics. */
export function metricsUrls({ ports, replicas }: PortPlan): Record<string, string> {
  const own = Object.entries(processes).map(([name, { metricsPort }]): [string, string] => [
    name,
    `http://127.0.0.1:${ports[metricsPort]}/metrics`,
  ]);
  const further = replicas.map(({ metrics }, at): [string, string] => [
    replicaName(at),
    `http://127.0.0.1:${metrics}/metrics`,
  ]);
  return {
    ...Object.fromEntries([...own, ...further]),
    envoy: `http://127.0.0.1:${ports.ENVOY_ADMIN_PORT}/stats/prometheus`,
  };
}
