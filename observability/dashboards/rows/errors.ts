import type { Row } from "../kit/dashboard.ts";
import { limits } from "../kit/limits.ts";
import { graph, stat } from "../kit/panels.ts";
import { orZero, perSecond } from "../kit/queries.ts";

const failed = 'http_requests_total{service=~"$service",status=~"5.."}';
const refused = 'http_requests_total{service=~"$service",status=~"4.."}';

/** What went wrong, and whose fault it was. */
export const errors: Row = {
  title: "Errors",
  panels: [
    stat({
      title: "Success ratio",
      description:
        "Share of each service's answers through Envoy that are not 5xx, over five minutes. Good: 100 %; below 95 % is an alert.",
      unit: "percentunit",
      queries: { "{{service}}": 'flashfit:answers_good:ratio5m{service=~"$service"}' },
      width: 4,
      height: 8,
      limit: limits.successRatio,
      noValue: "no requests",
    }),
    graph({
      title: "4xx and 5xx",
      description:
        "Refused and failed requests a second. Good: no 5xx; 4xx only where callers send what they should not.",
      unit: "reqps",
      queries: { "4xx": orZero(perSecond(refused)), "5xx": orZero(perSecond(failed)) },
      width: 6,
    }),
    graph({
      title: "Failing endpoints",
      description: "4xx and 5xx by endpoint and status. Good: empty, or invalid input alone.",
      unit: "reqps",
      queries: {
        "{{endpoint}} {{status}}": perSecond('http_requests_total{service=~"$service",status=~"4..|5.."}', [
          "endpoint",
          "status",
        ]),
      },
      width: 7,
      noValue: "no errors",
    }),
    graph({
      title: "RPC codes other than ok",
      description:
        "In every protocol, gRPC included. Good: empty, or invalid_argument and not_found; unavailable, internal and deadline_exceeded are ours.",
      unit: "reqps",
      queries: {
        "{{service}} {{method}} {{code}}": perSecond('rpc_server_requests_total{service=~"$service",code!="ok"}', [
          "service",
          "method",
          "code",
        ]),
      },
      width: 7,
      noValue: "no errors",
    }),
  ],
};
