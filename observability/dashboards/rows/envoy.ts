import type { Row } from "../kit/dashboard.ts";
import { inMilliseconds, limits, noneAllowed } from "../kit/limits.ts";
import { graph, stat } from "../kit/panels.ts";
import { perSecond, quantile, sum } from "../kit/queries.ts";

const atEdge = '{envoy_http_conn_manager_prefix="edge"}';
const services = '{envoy_cluster_name=~"encoder|index|fusion|feedback|web|monitor"}';
const byCluster = ["envoy_cluster_name"];
const opened = (what: string) =>
  `max by (envoy_cluster_name) (envoy_cluster_circuit_breakers_default_${what}${services})`;

/** What Envoy adds to a call: time, tries, refusals. */
export const envoy: Row = {
  title: "Envoy: edge and upstreams",
  panels: [
    graph({
      title: "Edge and upstream p95",
      description: "Time at the edge, and in each service behind it. Good: the edge a few milliseconds above Fusion.",
      unit: "ms",
      queries: {
        edge: quantile(0.95, `envoy_http_downstream_rq_time${atEdge}`),
        "{{envoy_cluster_name}}": quantile(0.95, `envoy_cluster_upstream_rq_time${services}`, byCluster),
      },
      width: 8,
      limit: inMilliseconds(limits.p95Seconds),
      noValue: "no requests",
    }),
    graph({
      title: "Retries and timeouts",
      description:
        "Tries after the first, those that then succeeded, and calls that ran out of time. Good: 0 but while a service restarts.",
      unit: "reqps",
      queries: {
        "{{envoy_cluster_name}} retries": perSecond(`envoy_cluster_upstream_rq_retry${services}`, byCluster),
        "{{envoy_cluster_name}} saved": perSecond(`envoy_cluster_upstream_rq_retry_success${services}`, byCluster),
        "{{envoy_cluster_name}} timeouts": perSecond(`envoy_cluster_upstream_rq_timeout${services}`, byCluster),
      },
      width: 8,
    }),
    graph({
      title: "Rate-limited calls per minute",
      description:
        "Calls answered 429 because their address asked too often, by bucket. Good: 0, or one known address.",
      unit: "short",
      queries: {
        "{{envoy_local_http_ratelimit_prefix}}": `60 * ${perSecond("envoy_http_local_rate_limit_rate_limited", [
          "envoy_local_http_ratelimit_prefix",
        ])}`,
      },
      width: 8,
      noValue: "no rate limit is set",
    }),
    stat({
      title: "Circuit breakers open",
      description:
        "1 where a service has as many connections, calls, waiting calls or retries as it may. Good: 0 everywhere.",
      unit: "short",
      queries: {
        "{{envoy_cluster_name}} connections": opened("cx_open"),
        "{{envoy_cluster_name}} calls": opened("rq_open"),
        "{{envoy_cluster_name}} waiting": opened("rq_pending_open"),
        "{{envoy_cluster_name}} retries": opened("rq_retry_open"),
      },
      width: 8,
      height: 8,
      limit: noneAllowed,
    }),
    graph({
      title: "Breaker activations in an hour",
      description:
        "Calls that a circuit breaker turned away, and hosts that were taken out for failing. Good: 0; more than 10 is an alert.",
      unit: "short",
      queries: { "{{service}}": "flashfit:breaker_activations:increase1h" },
      width: 8,
      decimals: 0,
      limit: limits.breakerActivations,
    }),
    graph({
      title: "Connections and healthy hosts",
      description:
        "Open connections at the edge, and hosts that pass their health check. Good: at least 1 host for each service.",
      unit: "short",
      queries: {
        connections: sum(`envoy_http_downstream_cx_active${atEdge}`),
        requests: sum(`envoy_http_downstream_rq_active${atEdge}`),
        "{{envoy_cluster_name}} hosts": `envoy_cluster_membership_healthy${services}`,
      },
      width: 8,
      decimals: 0,
    }),
  ],
};
