import type { Row } from "../kit/dashboard.ts";
import { inMilliseconds, limits } from "../kit/limits.ts";
import { graph } from "../kit/panels.ts";
import { perSecond, quantile, ratio } from "../kit/queries.ts";

const atEdge = '{envoy_http_conn_manager_prefix="edge"}';
const edgeTime = `envoy_http_downstream_rq_time${atEdge}`;

/** What callers see of the mesh. */
export const edge: Row = {
  title: "Edge",
  panels: [
    graph({
      title: "Request rate",
      description:
        "Requests at the edge by class of the answer. Good: mostly 2xx; 4xx are callers' mistakes and the rate limit.",
      unit: "reqps",
      queries: {
        "{{envoy_response_code_class}}xx": perSecond(`envoy_http_downstream_rq_xx${atEdge}`, [
          "envoy_response_code_class",
        ]),
      },
      width: 8,
      stack: true,
    }),
    graph({
      title: "Error ratio",
      description:
        "Share of the edge's answers that are 5xx, and of each service's calls that failed through no fault of the caller. Good: 0; above 5 % an alert fires. Empty while nobody asks.",
      unit: "percentunit",
      queries: {
        "5xx at the edge": ratio(
          perSecond('envoy_http_downstream_rq_xx{envoy_http_conn_manager_prefix="edge",envoy_response_code_class="5"}'),
          perSecond(`envoy_http_downstream_rq_xx${atEdge}`),
        ),
        "{{service}}": "flashfit:call_errors:ratio5m",
      },
      width: 8,
      limit: limits.errorRatio,
      noValue: "no requests",
    }),
    graph({
      title: "Response time at the edge",
      description:
        "From a request's first byte to the answer's last. Good: p50 below 0.1 s, p95 below 2 s; p95 above 2.5 s fires an alert.",
      unit: "ms",
      queries: { p50: quantile(0.5, edgeTime), p95: quantile(0.95, edgeTime), p99: quantile(0.99, edgeTime) },
      width: 8,
      limit: inMilliseconds(limits.p95Seconds),
      noValue: "no requests",
    }),
  ],
};
