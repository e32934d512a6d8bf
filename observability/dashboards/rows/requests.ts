import type { Row } from "../kit/dashboard.ts";
import { limits } from "../kit/limits.ts";
import { graph } from "../kit/panels.ts";
import { perSecond, quantile } from "../kit/queries.ts";

const ofService = '{service=~"$service"}';
const time = `http_request_duration_seconds${ofService}`;

/** Requests as the processes count them. */
export const requests: Row = {
  title: "Requests",
  panels: [
    graph({
      title: "Request rate",
      description:
        "Requests answered, by endpoint; inside the mesh one recommendation is several. Good: what this hour is used to.",
      unit: "reqps",
      queries: { "{{endpoint}}": perSecond(`http_requests_total${ofService}`, ["endpoint"]) },
      width: 12,
      stack: true,
    }),
    graph({
      title: "Answers by status",
      description:
        "HTTP status of the answers. Good: 200 and 304; 4xx are callers' mistakes, 5xx ours. gRPC's errors are 200: see below.",
      unit: "reqps",
      queries: { "{{status}}": perSecond(`http_requests_total${ofService}`, ["status"]) },
      width: 6,
      stack: true,
    }),
    graph({
      title: "In flight",
      description: "Calls under way. Good: rises and falls with the rate; a line that only rises is a queue.",
      unit: "short",
      queries: { "{{service}}": `sum by (service) (rpc_server_in_flight${ofService})` },
      width: 6,
      decimals: 0,
    }),
  ],
};

/** How long answers take. */
export const responseTimes: Row = {
  title: "Response time",
  panels: [
    graph({
      title: "Response time",
      description:
        "Time from a request to the end of its answer, all endpoints, streams left out. Good: p95 below 1 s; above 2.5 s is an alert.",
      unit: "s",
      queries: { p50: quantile(0.5, time), p95: quantile(0.95, time), p99: quantile(0.99, time) },
      width: 8,
      limit: limits.p95Seconds,
      noValue: "no requests",
    }),
    graph({
      title: "Response time p95 by endpoint",
      description:
        "The slowest twentieth of each endpoint. Good: Recommend below 1 s; Encode with a photo takes the most of it.",
      unit: "s",
      queries: { "{{endpoint}}": quantile(0.95, time, ["endpoint"]) },
      width: 8,
      limit: limits.p95Seconds,
      noValue: "no requests",
    }),
    graph({
      title: "Average response time",
      description: "Mean of five minutes by service, health checks left out. Good: below 0.2 s; above 2 s is an alert.",
      unit: "s",
      queries: { "{{service}}": `flashfit:request_duration_seconds:mean5m${ofService}` },
      width: 8,
      limit: limits.averageSeconds,
      noValue: "no requests",
    }),
  ],
};
