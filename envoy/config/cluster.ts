import { isIP } from "node:net";
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import {
  type Cluster,
  Cluster_DiscoveryType,
  Cluster_LbPolicy,
  ClusterSchema,
} from "../../gen/envoy-api/envoy/config/cluster/v3/cluster_pb.ts";
import { RoutingPriority, type TransportSocketSchema } from "../../gen/envoy-api/envoy/config/core/v3/base_pb.ts";
import { HttpProtocolOptionsSchema } from "../../gen/envoy-api/envoy/extensions/upstreams/http/v3/http_protocol_options_pb.ts";
import { CodecClientType } from "../../gen/envoy-api/envoy/type/v3/http_pb.ts";
import { type HostPort, socketAddress } from "./address.ts";
import { seconds, typed } from "./json.ts";

export interface ClusterOptions {
  name: string;
  endpoints: HostPort[];
  /** Default: plaintext. */
  transportSocket?: MessageInitShape<typeof TransportSocketSchema>;
  /** Path that is asked every second; default: no active checks. */
  healthPath?: string;
  /** Bytes kept per stream for retries before back-pressure sets in. Default 1 MiB. */
  bufferBytes?: number;
  /**
   * Calls that may be open at once, those of routes that go `ahead` apart; Envoy answers one more itself, at once (503, flag
   * UO). Default 4096.
   */
  maxCalls?: number;
}

/** Calls that may be open at once to one cluster, by each of the two priorities. */
const MAX_REQUESTS = 4096;

/**
 * Less than one of many. By Envoy's default, half, two of three replicas that are out for good reason, one that lags and
 * one that just came back, would be asked again.
 */
const PANIC_BELOW_PERCENT = 1;

/**
 * Hosts that speak HTTP/2, balanced by fewest open calls.
 *
 * A host that answers a check with anything but 200 is out at once, one that gives no answer after two checks; one good
 * check brings it back. If all are out, calls go to all of them ("panic"), so that a cluster of one host that is just
 * coming back is found by the retries; while one is in, calls go to it alone. Outlier ejection takes at most half of the
 * hosts, so never the only one.
 */
export function cluster(options: ClusterOptions): Cluster {
  const { name, endpoints, transportSocket, healthPath, bufferBytes = 1 << 20, maxCalls = MAX_REQUESTS } = options;
  const named = endpoints.some(({ host }) => isIP(host) === 0);
  return create(ClusterSchema, {
    name,
    connectTimeout: seconds(1),
    perConnectionBufferLimitBytes: bufferBytes,
    clusterDiscoveryType: {
      case: "type",
      value: named ? Cluster_DiscoveryType.STRICT_DNS : Cluster_DiscoveryType.STATIC,
    },
    lbPolicy: Cluster_LbPolicy.LEAST_REQUEST,
    commonLbConfig: { healthyPanicThreshold: { value: PANIC_BELOW_PERCENT } },
    loadAssignment: {
      clusterName: name,
      endpoints: [
        {
          lbEndpoints: endpoints.map((endpoint) => ({
            hostIdentifier: { case: "endpoint" as const, value: { address: socketAddress(endpoint) } },
          })),
        },
      ],
    },
    circuitBreakers: {
      thresholds: [threshold(RoutingPriority.DEFAULT, maxCalls), threshold(RoutingPriority.HIGH, MAX_REQUESTS)],
    },
    outlierDetection: {
      consecutive5xx: 0,
      enforcingConsecutive5xx: 0,
      consecutiveGatewayFailure: 5,
      enforcingConsecutiveGatewayFailure: 100,
      enforcingSuccessRate: 0,
      interval: seconds(1),
      baseEjectionTime: seconds(2),
      maxEjectionTime: seconds(10),
      maxEjectionPercent: 50,
      alwaysEjectOneHost: false,
    },
    typedExtensionProtocolOptions: { "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": http2() },
    ...(transportSocket ? { transportSocket } : {}),
    ...(healthPath ? { healthChecks: [healthCheck(healthPath, name)] } : {}),
  });
}

function threshold(priority: RoutingPriority, maxRequests: number) {
  return {
    priority,
    maxConnections: MAX_REQUESTS,
    maxPendingRequests: MAX_REQUESTS,
    maxRequests,
    // Envoy's own limit is 3 retries at once: too few for a restart under load.
    retryBudget: { budgetPercent: { value: 20 }, minRetryConcurrency: 20 },
  };
}

function http2() {
  return typed(HttpProtocolOptionsSchema, {
    upstreamProtocolOptions: {
      case: "explicitHttpConfig",
      value: {
        protocolConfig: {
          case: "http2ProtocolOptions",
          value: {
            initialStreamWindowSize: 1 << 20,
            initialConnectionWindowSize: 1 << 24,
            connectionKeepalive: { interval: seconds(30), timeout: seconds(5) },
          },
        },
      },
    },
  });
}

function healthCheck(path: string, host: string) {
  return {
    timeout: seconds(1),
    interval: seconds(1),
    noTrafficInterval: seconds(1),
    unhealthyInterval: seconds(0.5),
    unhealthyThreshold: 2,
    healthyThreshold: 1,
    healthChecker: {
      case: "httpHealthCheck" as const,
      value: { path, host, codecClientType: CodecClientType.HTTP2 },
    },
  };
}
