import { request } from "node:https";
import { setTimeout as pause } from "node:timers/promises";
import type { DescService } from "@bufbuild/protobuf";
import type { ServiceImpl } from "@connectrpc/connect";
import { spiffeId } from "../../envoy/certificates/mesh.ts";
import { contracts, MESH_SERVICES, type MeshService } from "../../envoy/mesh/services.ts";
import { HealthRegistry } from "../../services/kit/health.ts";
import { createServer, type RunningServer } from "../../services/kit/serve.ts";
import type { Child } from "../support/child.ts";
import { prepareEnvoy } from "../support/envoy.ts";
import { identityFiles, readIdentity } from "../support/identity.ts";

type Methods = Record<string, unknown>;

/** A real Envoy in front of four real servers of the kit. */
export interface TestEdge {
  url: string;
  redirectUrl: string;
  meshUrl: string;
  certs: string;
  ca: Buffer;
  /** Port of each service, for a test that puts a process of its own there. */
  port(service: MeshService): number;
  envoy: Child;
  /** Calls that reached a service, by `Service/Method`. */
  calls: Map<string, number>;
  start(service: MeshService): Promise<void>;
  stop(service: MeshService): Promise<void>;
  /** GET /healthz at the edge: what Envoy knows of the services. */
  ready(): Promise<number>;
  /** Resolves when /healthz answers this; rejects after 10 s. */
  awaitReady(status: number): Promise<void>;
  end(): Promise<void>;
}

/** Starts all on free ports. `methods`: by name of the contract's service, such as "FusionService". */
export async function startEdge(
  folder: string,
  methods: Record<string, Methods>,
  env: Record<string, string> = {},
): Promise<TestEdge> {
  const prepared = await prepareEnvoy(folder, { env });
  const { settings, certs, portOf } = prepared;

  const calls = new Map<string, number>();
  const servers = new Map<MeshService, RunningServer>();
  const start = async (service: MeshService) => {
    const health = new HealthRegistry();
    const tls = { ...readIdentity(identityFiles(certs, service)), peerId: spiffeId("envoy") };
    const server = await createServer({
      name: service,
      host: "127.0.0.1",
      port: portOf(service),
      services: contracts[service],
      tls,
      health,
      interceptors: [
        (next) => (call) => {
          const name = `${call.service.name}/${call.method.name}`;
          calls.set(name, (calls.get(name) ?? 0) + 1);
          return next(call);
        },
      ],
    });
    server.install(
      contracts[service].map((contract) => ({
        service: contract,
        methods: (methods[contract.name] ?? {}) as Partial<ServiceImpl<DescService>>,
      })),
    );
    for (const contract of contracts[service]) health.set(contract.typeName, "SERVING");
    servers.set(service, server);
  };
  const endServers = () => Promise.all([...servers.values()].map((server) => server.stop(100)));
  let envoy: Child;
  try {
    for (const service of MESH_SERVICES) await start(service);
    envoy = await prepared.start();
  } catch (error) {
    await endServers(); // else they would keep the test process from ending
    throw error;
  }

  const url = `https://localhost:${settings.EDGE_PORT}`;
  const { ca } = readIdentity(identityFiles(certs, "envoy"));
  const ready = () => get(`${url}/healthz`, { ca }).then(({ status }) => status);
  const edge: TestEdge = {
    url,
    redirectUrl: `http://127.0.0.1:${settings.EDGE_HTTP_PORT}`,
    meshUrl: `https://localhost:${settings.MESH_PORT}`,
    certs,
    ca,
    port: portOf,
    envoy,
    calls,
    start,
    async stop(service) {
      await servers.get(service)?.stop(100);
      servers.delete(service);
    },
    ready,
    async awaitReady(status) {
      const end = Date.now() + 10_000;
      for (let last = 0; ; await pause(50)) {
        last = await ready().catch(() => 0); // 0: it does not listen yet
        if (last === status) return;
        if (Date.now() > end) throw new Error(`expected /healthz to answer ${status} within 10 s, got ${last}`);
      }
    },
    async end() {
      await envoy.end("SIGKILL");
      await endServers();
    },
  };
  await edge.awaitReady(200);
  return edge;
}

export interface Answer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: Buffer;
}

export interface CallOptions {
  ca: Buffer;
  method?: string;
  headers?: Record<string, string>;
  body?: string | Uint8Array;
  localAddress?: string;
  cert?: Buffer;
  key?: Buffer;
}

/** One HTTP/1.1 call on a connection of its own. */
export function get(url: string, { body, method = body ? "POST" : "GET", ...rest }: CallOptions): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const call = request(url, { method, agent: false, timeout: 20_000, ...rest }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.once("error", reject);
      response.once("end", () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) }),
      );
    });
    call.once("timeout", () => call.destroy(new Error("no answer within 20 s")));
    call.once("error", reject);
    call.end(body);
  });
}
