import type { Registry } from "prom-client";
import { CounterFamily, HistogramFamily } from "./series.ts";

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
const METHODS = new Set(["GET", "HEAD", "POST"]);

/** Told when a request arrives; what it returns is told how it was answered. */
export type RequestWatcher = (request: {
  method: string;
  endpoint: string;
  timed: boolean;
}) => (status: number) => void;

/**
 * `http_requests_total{method,endpoint,status}` of everything that arrives, also of what is refused before it is an RPC, and
 * `http_request_duration_seconds{method,endpoint,status}` of what has one answer (streams last as long as they are wanted).
 *
 * `endpoint` is the path of an RPC or page that exists, else "other": a caller cannot make new series. An error in gRPC is
 * HTTP 200; `rpc_server_requests_total` has its code.
 */
export function httpMetrics(registry: Registry): RequestWatcher {
  const labelNames = ["method", "endpoint", "status"];
  const requests = new CounterFamily({
    name: "http_requests_total",
    help: "HTTP requests answered",
    ...{ labelNames, registry },
  });
  const duration = new HistogramFamily({
    name: "http_request_duration_seconds",
    help: "time from a request to the end of its answer, streams left out",
    buckets: SECONDS,
    ...{ labelNames, registry },
  });
  return ({ method, endpoint, timed }) => {
    const began = performance.now();
    return (status) => {
      const shown = METHODS.has(method) ? method : "other";
      requests.of(shown, endpoint, String(status)).value += 1;
      if (timed) duration.of(shown, endpoint, String(status)).observe((performance.now() - began) / 1000);
    };
  };
}
