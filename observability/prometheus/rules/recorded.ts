import type { RuleGroup } from "../rule.ts";
import { OUR_RPC, SERVICE_FAULT, WORK } from "../selectors.ts";

/** What callers get through Envoy, by the process that answers; Envoy's own refusals for it included, tries that were repeated not. */
const BEHIND_ENVOY = 'envoy_cluster_name=~"encoder|index|fusion|feedback|web"';

/** Envoy says `envoy_cluster_name` where everybody else says `service`. */
function asService(expr: string): string {
  return `label_replace(${expr}, "service", "$1", "envoy_cluster_name", "(.*)")`;
}

function answers(extra = ""): string {
  return asService(`sum by (envoy_cluster_name) (rate(envoy_cluster_upstream_rq_xx{${BEHIND_ENVOY}${extra}}[5m]))`);
}

/** Envoy turned a call away, or a host out: each of these is one activation. */
const BREAKERS = [
  "envoy_cluster_upstream_cx_overflow",
  "envoy_cluster_upstream_cx_pool_overflow",
  "envoy_cluster_upstream_rq_pending_overflow",
  "envoy_cluster_upstream_rq_active_overflow",
  "envoy_cluster_outlier_detection_ejections_enforced_total",
];

/** `kind` keeps them apart: an increase has lost its name. */
const activations = BREAKERS.map((name) => `label_replace(increase(${name}[1h]), "kind", "${name}", "", "")`);

/** What panels and alerts share. All are by `service`, so that Alertmanager can tell whose trouble it is. */
export const recorded: RuleGroup = {
  name: "flashfit-recorded",
  rules: [
    {
      record: "flashfit:requests:rate5m",
      expr: `sum by (service) (rate(http_requests_total{${WORK}}[5m]))`,
    },
    {
      record: "flashfit:request_duration_seconds:mean5m",
      expr: `sum by (service) (rate(http_request_duration_seconds_sum{${WORK}}[5m]))
/ (sum by (service) (rate(http_request_duration_seconds_count{${WORK}}[5m])) > 0)`,
    },
    {
      record: "flashfit:request_duration_seconds:p95_5m",
      expr: `histogram_quantile(0.95, sum by (service, le) (rate(http_request_duration_seconds_bucket{${WORK}}[5m])))`,
    },
    {
      record: "flashfit:calls:rate5m",
      expr: `sum by (service) (rate(rpc_server_requests_total{${OUR_RPC}}[5m]))`,
    },
    {
      record: "flashfit:call_errors:ratio5m",
      expr: `(sum by (service) (rate(rpc_server_requests_total{${OUR_RPC},${SERVICE_FAULT}}[5m])) or 0 * flashfit:calls:rate5m)
/ (flashfit:calls:rate5m > 0)`,
    },
    {
      record: "flashfit:answers:rate5m",
      expr: `sum by (service) (${answers()})`,
    },
    {
      record: "flashfit:answers_good:ratio5m",
      expr: `1 - (sum by (service) (${answers(',envoy_response_code_class="5"')}) or 0 * flashfit:answers:rate5m)
/ (flashfit:answers:rate5m > 0)`,
    },
    {
      record: "flashfit:search_duration_seconds:p95_5m",
      expr: "histogram_quantile(0.95, sum by (service, index, le) (rate(faiss_search_duration_seconds_bucket[5m])))",
    },
    {
      record: "flashfit:breaker_activations:increase1h",
      expr: `sum by (service) (
  ${asService(activations.join("\n  or "))}
)`,
    },
  ],
};
