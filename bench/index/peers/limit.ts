import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { ENVOY_THREADS } from "../../../cli/up/parts/envoy.ts";
import { type Child, startChild } from "../../../test/support/child.ts";
import { prepareEnvoy } from "../../../test/support/envoy.ts";
import { identityFiles } from "../../../test/support/identity.ts";
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
  const envoy = await prepareEnvoy(folder, { threads: ENVOY_THREADS });
  const { settings, certs } = envoy;
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
    const started = await envoy.start();
    running.push(started);
    return {
      address: { host: "127.0.0.1", port: settings.MESH_PORT, tls: identityFiles(certs, "fusion") },
      pids: { server: server.process.pid!, envoy: started.process.pid! },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
