import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { ensureTool } from "../../../cli/tools/install.ts";
import { tools } from "../../../cli/tools/table.ts";
import { ensureMeshCertificates } from "../../../envoy/certificates/mesh.ts";
import { bootstrapJson } from "../../../envoy/config/bootstrap.ts";
import { meshFromSettings } from "../../../envoy/mesh/from-settings.ts";
import { MESH_PROCESSES } from "../../../envoy/mesh/services.ts";
import { meshBootstrap } from "../../../envoy/mesh/topology.ts";
import { envoySettings } from "../../../envoy/settings.ts";
import { readConfig } from "../../../services/kit/config.ts";
import { type Child, startChild } from "../../../test/support/child.ts";
import { identityFiles } from "../../../test/support/identity.ts";
import { freePort } from "../../../test/support/ports.ts";
import type { LimitServerTask } from "./limit-server.ts";
import type { Address } from "./wire/connection.ts";

/** A mesh's Envoy before a server that does nothing. */
export interface RunningLimit {
  /** Its mesh listener: mutual TLS. */
  address: Address;
  pids: { server: number; envoy: number };
  stop(): Promise<unknown>;
}

/**
 * What no service on Node behind our Envoy exceeds, however fast it searches: an Envoy with the configuration and the threads
 * of a mesh, in the Index's place node:http2 with fixed answers of the same size.
 */
export async function startLimit(): Promise<RunningLimit> {
  const folder = await mkdtemp(join(tmpdir(), "flashfit-bench-limit-"));
  const certs = join(folder, "certs");
  await ensureMeshCertificates({ folder: certs });
  const names = ["EDGE_PORT", "EDGE_HTTP_PORT", "ENVOY_ADMIN_PORT", "MESH_PORT", "MONITOR_RPC_PORT"];
  const ports: Record<string, string> = {};
  for (const name of [...names, ...MESH_PROCESSES.map((one) => `${one.toUpperCase()}_PORT`)])
    ports[name] = String(await freePort());
  const settings = readConfig(envoySettings, { EDGE_RATE_LIMIT_RPS: "0", ...ports });
  const file = join(folder, "envoy.json");
  await writeFile(file, bootstrapJson(meshBootstrap(meshFromSettings(settings, certs))));
  const task: LimitServerTask = { port: settings.INDEX_PORT, tls: identityFiles(certs, "index") };
  const program = fileURLToPath(new URL("limit-server.ts", import.meta.url));
  const running: Child[] = [];
  const stop = async () => {
    await Promise.all(running.map((one) => one.end("SIGKILL")));
    await rm(folder, { recursive: true });
  };
  try {
    const server = await startChild(process.execPath, [program, JSON.stringify(task)], /"event":"serving"/);
    running.push(server);
    const args = ["-c", file, "--disable-hot-restart", "--log-level", "info", "--concurrency", "1"];
    const envoy = await startChild(await ensureTool(tools.envoy, process.env), args, /starting workers/);
    running.push(envoy);
    return {
      address: { host: "127.0.0.1", port: settings.MESH_PORT, tls: identityFiles(certs, "fusion") },
      pids: { server: server.process.pid!, envoy: envoy.process.pid! },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
