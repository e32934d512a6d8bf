import type { PrometheusOptions } from "./prometheus/config.ts";

/** Where Prometheus finds Envoy's metrics in containers; the admin interface stays on loopback there. */
export const ENVOY_METRICS_PORT = 9902;

/** A mesh on this machine with its default ports, Prometheus and Alertmanager beside it. */
export const defaultTargets: PrometheusOptions = {
  mesh: [
    { name: "encoder", url: "http://127.0.0.1:9101/metrics" },
    { name: "index", url: "http://127.0.0.1:9102/metrics" },
    { name: "fusion", url: "http://127.0.0.1:9103/metrics" },
    { name: "feedback", url: "http://127.0.0.1:9104/metrics" },
    { name: "web", url: "http://127.0.0.1:9106/metrics" },
    { name: "monitor", url: "http://127.0.0.1:9092/metrics" },
    { name: "envoy", url: "http://127.0.0.1:9901/stats/prometheus" },
  ],
  own: [
    { name: "prometheus", url: "http://127.0.0.1:9090/metrics" },
    { name: "alertmanager", url: "http://127.0.0.1:9093/metrics" },
  ],
  alertmanager: "127.0.0.1:9093",
};

/** The same in containers: each is reached by its service's name; Envoy's metrics have a listener of their own. */
export const composeTargets: PrometheusOptions = {
  mesh: defaultTargets.mesh.map(({ name, url }) => ({
    name,
    url: name === "envoy" ? `http://envoy:${ENVOY_METRICS_PORT}/stats/prometheus` : url.replace("127.0.0.1", name),
  })),
  own: defaultTargets.own.map(({ name, url }) => ({ name, url: url.replace("127.0.0.1", name) })),
  alertmanager: "alertmanager:9093",
};
