import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { ensureTool } from "../../cli/tools/install.ts";
import { tools } from "../../cli/tools/table.ts";
import { ensureMeshCertificates } from "../../envoy/certificates/mesh.ts";
import { bootstrapJson } from "../../envoy/config/bootstrap.ts";
import { meshFromSettings } from "../../envoy/mesh/from-settings.ts";
import { MESH_PROCESSES, type MeshProcess } from "../../envoy/mesh/services.ts";
import { type MeshSettings, meshBootstrap } from "../../envoy/mesh/topology.ts";
import { type EnvoySettings, envoySettings } from "../../envoy/settings.ts";
import { readConfig } from "../../services/kit/config.ts";
import { type Child, startChild } from "./child.ts";
import { freePort } from "./ports.ts";

/** A mesh's Envoy alone, without what `flashfit up` starts beside it. */
export interface PreparedEnvoy {
  settings: EnvoySettings;
  /** Folder of the mesh's certificates. */
  certs: string;
  /** Where it looks for a process. */
  portOf(name: MeshProcess): number;
  /** Starts it, or another one in its place; it takes calls when this resolves. */
  start(): Promise<Child>;
}

export interface EnvoyOptions {
  /** Settings over free ports and no rate limit. */
  env?: Record<string, string>;
  /** Threads that carry calls; default 1. */
  threads?: number;
  /** What else is to be different. */
  change?: (mesh: MeshSettings) => void;
}

/** Writes certificates, and bootstrap.json beside their folder. */
export async function prepareEnvoy(
  folder: string,
  { env = {}, threads = 1, change = () => {} }: EnvoyOptions = {},
): Promise<PreparedEnvoy> {
  const certs = join(folder, "certs");
  await ensureMeshCertificates({ folder: certs });
  const names = ["EDGE_PORT", "EDGE_HTTP_PORT", "ENVOY_ADMIN_PORT", "MESH_PORT", "MONITOR_RPC_PORT"];
  const ports: Record<string, string> = {};
  for (const name of [...names, ...MESH_PROCESSES.map(portName)]) ports[name] = String(await freePort());
  const settings = readConfig(envoySettings, { EDGE_RATE_LIMIT_RPS: "0", ...ports, ...env });
  const mesh = meshFromSettings(settings, certs);
  change(mesh);
  const file = join(folder, "bootstrap.json");
  await writeFile(file, bootstrapJson(meshBootstrap(mesh)));
  const flags = ["--disable-hot-restart", "--log-level", "info", "--file-flush-interval-msec", "100"];
  const args = ["-c", file, ...flags, "--concurrency", String(threads)];
  return {
    settings,
    certs,
    portOf: (name) => Number(ports[portName(name)]),
    start: async () => startChild(await ensureTool(tools.envoy, process.env), args, /starting workers/),
  };
}

function portName(name: MeshProcess): string {
  return `${name.toUpperCase()}_PORT`;
}
