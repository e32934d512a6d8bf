import { lookup } from "node:dns/promises";
import { bootstrapJson } from "../../envoy/config/bootstrap.ts";
import { meshFromSettings } from "../../envoy/mesh/from-settings.ts";
import { meshBootstrap } from "../../envoy/mesh/topology.ts";
import type { PortPlan } from "./plan.ts";
import type { LauncherConfig } from "./settings.ts";

/** Here everything that Envoy meets runs on this machine. */
const LOOPBACK = "127.0.0.1";
const neighbours = {
  ENVOY_ADMIN_HOST: LOOPBACK,
  MESH_HOST: LOOPBACK,
  ENCODER_HOST: LOOPBACK,
  INDEX_HOST: LOOPBACK,
  FUSION_HOST: LOOPBACK,
  FEEDBACK_HOST: LOOPBACK,
  WEB_HOST: LOOPBACK,
  MONITOR_HOST: LOOPBACK,
};

/** Envoy's configuration for this mesh as JSON. Envoy listens on addresses only: a host name is looked up. */
export async function envoyBootstrap(
  config: LauncherConfig,
  { ports, replicas }: PortPlan,
  certificates: string,
): Promise<string> {
  const { address: EDGE_HOST } = await lookup(config.EDGE_HOST);
  const settings = { ...config, ...ports, ...neighbours, EDGE_HOST };
  const mesh = meshFromSettings(settings, certificates);
  const index = [...mesh.services.index, ...replicas.map(({ rpc }) => ({ host: LOOPBACK, port: rpc }))];
  return bootstrapJson(meshBootstrap({ ...mesh, services: { ...mesh.services, index } }));
}
