import { join } from "node:path";
import type { Bootstrap } from "../../gen/envoy-api/envoy/config/bootstrap/v3/bootstrap_pb.ts";
import type { Cluster } from "../../gen/envoy-api/envoy/config/cluster/v3/cluster_pb.ts";
import type { Listener } from "../../gen/envoy-api/envoy/config/listener/v3/listener_pb.ts";
import { spiffeId } from "../certificates/mesh.ts";
import type { HostPort } from "../config/address.ts";
import { bootstrap } from "../config/bootstrap.ts";
import { cluster } from "../config/cluster.ts";
import { cors, grpcStats, gzipJson, type HttpFilter, readiness, wholeRequest } from "../config/filters.ts";
import { headerFilter, securityHeaders } from "../config/headers.ts";
import { httpListener } from "../config/listener.ts";
import { localRateLimit, type RateLimit } from "../config/rate-limit.ts";
import { clientTls, type KeyPair, serverTls } from "../config/tls.ts";
import { edgeRoutes, meshRoutes, redirectRoutes } from "./routes.ts";
import { contracts, MESH_PROCESSES, MESH_SERVICES, type MeshProcess } from "./services.ts";

/** Everything that this mesh's Envoy depends on. */
export interface MeshSettings {
  /** Folder with ca.crt, edge.{crt,key} and envoy.{crt,key}, as Envoy sees it. */
  certificates: string;
  edge: HostPort & {
    httpPort: number;
    /** Undefined: no limit. */
    rateLimit?: RateLimit;
    corsOrigins: string[];
    maxConnections: number;
  };
  mesh: HostPort;
  admin: HostPort;
  services: Record<MeshProcess, HostPort[]>;
  /** Calls from outside that the Encoder gets at once. */
  encoderCalls: number;
  /** Largest message of an RPC, in bytes; a call up to this size can be tried again. */
  maxMessageBytes: number;
}

/** Callers that may use the mesh listener; `envoy` itself never calls. */
const MESH_CALLERS = ["encoder", "index", "fusion", "feedback", "monitor", "cli"] as const;

/** One Envoy: edge, redirect and mesh listener, and a cluster for each process behind it. */
export function meshBootstrap(settings: MeshSettings): Bootstrap {
  return bootstrap({
    node: { id: "edge-1", cluster: "flashfit-mesh" },
    admin: settings.admin,
    listeners: meshListeners(settings),
    clusters: meshClusters(settings),
    maxConnections: settings.edge.maxConnections,
  });
}

/** The listeners, each with its routes inside. */
export function meshListeners({ certificates, edge, mesh, maxMessageBytes }: MeshSettings): Listener[] {
  const caFile = join(certificates, "ca.crt");
  const all = Object.values(contracts).flat();
  const secured = headerFilter({
    stripRequestPrefixes: ["x-flashfit-"],
    response: securityHeaders,
    removeResponse: ["server"],
  });
  const edgeFilters: HttpFilter[] = [
    secured,
    readiness("/healthz", [...MESH_SERVICES]),
    cors(),
    ...(edge.rateLimit ? [localRateLimit(edge.rateLimit, pageLimit(edge.rateLimit))] : []),
    grpcStats(all),
    gzipJson(),
    wholeRequest(),
  ];
  return [
    httpListener({
      name: "edge",
      address: edge,
      routes: edgeRoutes({ rateLimited: edge.rateLimit !== undefined, corsOrigins: edge.corsOrigins, maxMessageBytes }),
      filters: edgeFilters,
      transportSocket: serverTls(keyPair(certificates, "edge")),
      bufferBytes: maxMessageBytes,
    }),
    httpListener({
      name: "redirect",
      address: { host: edge.host, port: edge.httpPort },
      routes: redirectRoutes(edge.port),
      filters: [headerFilter({ removeResponse: ["server"] })],
    }),
    httpListener({
      name: "mesh",
      address: mesh,
      routes: meshRoutes(),
      filters: [grpcStats(all)],
      transportSocket: serverTls(keyPair(certificates, "envoy"), { caFile, uris: MESH_CALLERS.map(spiffeId) }),
      outside: false,
      // A call from outside is several between services, each by far shorter than its line is long.
      logged: "telling",
      bufferBytes: maxMessageBytes,
    }),
  ];
}

/** One cluster a process, over mutual TLS: only the process with its own identity is believed. */
export function meshClusters({ certificates, services, encoderCalls, maxMessageBytes }: MeshSettings): Cluster[] {
  return MESH_PROCESSES.map((name) =>
    cluster({
      name,
      endpoints: services[name],
      healthPath: "/healthz",
      bufferBytes: maxMessageBytes,
      ...(name === "encoder" ? { maxCalls: encoderCalls } : {}),
      transportSocket: clientTls({
        identity: keyPair(certificates, "envoy"),
        peer: { caFile: join(certificates, "ca.crt"), uris: [spiffeId(name)] },
        sni: `${name}.flashfit.mesh`,
      }),
    }),
  );
}

/** One page loads several files, and one look at the health costs little: more of them than of calls. */
function pageLimit({ perSecond, burst }: RateLimit): RateLimit {
  return { perSecond: 5 * perSecond, burst: 5 * burst };
}

function keyPair(folder: string, name: string): KeyPair {
  return { certificateFile: join(folder, `${name}.crt`), keyFile: join(folder, `${name}.key`) };
}
