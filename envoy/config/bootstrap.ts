import { create } from "@bufbuild/protobuf";
import { type Bootstrap, BootstrapSchema } from "../../gen/envoy-api/envoy/config/bootstrap/v3/bootstrap_pb.ts";
import type { Cluster } from "../../gen/envoy-api/envoy/config/cluster/v3/cluster_pb.ts";
import type { Listener } from "../../gen/envoy-api/envoy/config/listener/v3/listener_pb.ts";
import { DownstreamConnectionsConfigSchema } from "../../gen/envoy-api/envoy/extensions/resource_monitors/downstream_connections/v3/downstream_connections_pb.ts";
import { type HostPort, socketAddress } from "./address.ts";
import { extension, seconds, toJson, typed } from "./json.ts";

export interface BootstrapOptions {
  node: { id: string; cluster: string };
  /** The admin interface has no authentication: keep it on loopback. */
  admin: HostPort;
  listeners: Listener[];
  clusters: Cluster[];
  /** Connections from callers over all listeners; more are refused. */
  maxConnections: number;
}

/** A whole Envoy. */
export function bootstrap({ node, admin, listeners, clusters, maxConnections }: BootstrapOptions): Bootstrap {
  const connections = typed(DownstreamConnectionsConfigSchema, {
    maxActiveDownstreamConnections: BigInt(maxConnections),
  });
  return create(BootstrapSchema, {
    node,
    admin: { address: socketAddress(admin) },
    staticResources: { listeners, clusters },
    overloadManager: {
      refreshInterval: seconds(0.25),
      resourceMonitors: [extension("envoy.resource_monitors.global_downstream_max_connections", connections)],
    },
  });
}

/** The file that `envoy -c` reads. */
export function bootstrapJson(message: Bootstrap): string {
  return toJson(BootstrapSchema, message);
}
