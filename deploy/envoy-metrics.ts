import { create } from "@bufbuild/protobuf";
import { socketAddress } from "../envoy/config/address.ts";
import { router } from "../envoy/config/filters.ts";
import { extension, seconds, typed } from "../envoy/config/json.ts";
import { pageRoute } from "../envoy/config/route.ts";
import type { Bootstrap } from "../gen/envoy-api/envoy/config/bootstrap/v3/bootstrap_pb.ts";
import { Cluster_DiscoveryType, ClusterSchema } from "../gen/envoy-api/envoy/config/cluster/v3/cluster_pb.ts";
import { ListenerSchema } from "../gen/envoy-api/envoy/config/listener/v3/listener_pb.ts";
import { RouteConfigurationSchema } from "../gen/envoy-api/envoy/config/route/v3/route_pb.ts";
import { HttpConnectionManagerSchema } from "../gen/envoy-api/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.ts";
import { ENVOY_METRICS_PORT } from "../observability/targets.ts";

const PATH = "/stats/prometheus";
const ADMIN = "admin";

/**
 * Adds a listener that passes on one page of the admin interface, its metrics. The interface itself, which can end Envoy
 * and asks nobody for a password, stays on the container's loopback.
 */
export function addMetricsListener(bootstrap: Bootstrap, adminPort: number, port = ENVOY_METRICS_PORT): Bootstrap {
  const manager = typed(HttpConnectionManagerSchema, {
    statPrefix: "metrics",
    routeSpecifier: {
      case: "routeConfig",
      value: create(RouteConfigurationSchema, {
        name: "metrics",
        virtualHosts: [{ name: "metrics", domains: ["*"], routes: [pageRoute(PATH, { cluster: ADMIN, timeout: 5 })] }],
      }),
    },
    httpFilters: [router()],
  });
  bootstrap.staticResources?.listeners.push(
    create(ListenerSchema, {
      name: "metrics",
      address: socketAddress({ host: "0.0.0.0", port }),
      filterChains: [{ filters: [extension("envoy.filters.network.http_connection_manager", manager)] }],
    }),
  );
  bootstrap.staticResources?.clusters.push(
    create(ClusterSchema, {
      name: ADMIN,
      connectTimeout: seconds(1),
      clusterDiscoveryType: { case: "type", value: Cluster_DiscoveryType.STATIC },
      loadAssignment: {
        clusterName: ADMIN,
        endpoints: [
          {
            lbEndpoints: [
              {
                hostIdentifier: {
                  case: "endpoint",
                  value: { address: socketAddress({ host: "127.0.0.1", port: adminPort }) },
                },
              },
            ],
          },
        ],
      },
    }),
  );
  return bootstrap;
}
