import t from "tap";
import { type PrometheusOptions, prometheusConfig, seconds } from "./config.ts";

interface Shape {
  global: Record<string, string>;
  alerting: { alertmanagers: { static_configs: { targets: string[] }[] }[] };
  scrape_configs: Record<string, unknown>[];
}

const configOf = (options: Partial<PrometheusOptions>) =>
  prometheusConfig({ mesh: [], own: [], ...options }) as unknown as Shape;

t.test("a target's URL becomes host, path and scheme of a job named after it", async (t) => {
  const { scrape_configs } = configOf({
    mesh: [
      { name: "index", url: "http://127.0.0.1:9102/metrics" },
      { name: "envoy", url: "https://127.0.0.1:9901/stats/prometheus" },
    ],
    own: [{ name: "prometheus", url: "http://127.0.0.1:9090/metrics" }],
  });
  t.match(scrape_configs, [
    {
      job_name: "flashfit-index",
      honor_labels: true,
      scrape_interval: "10s",
      static_configs: [{ targets: ["127.0.0.1:9102"], labels: { service: "index" } }],
    },
    { job_name: "envoy", metrics_path: "/stats/prometheus", scheme: "https" },
    { job_name: "prometheus", static_configs: [{ targets: ["127.0.0.1:9090"], labels: { service: "prometheus" } }] },
    { job_name: "node-exporter" },
  ]);
  t.notOk("metrics_path" in scrape_configs[0]!, "/metrics is what Prometheus asks for anyway");
});

t.test("15 s in general, 10 s for the mesh, and a scrape never takes longer than its interval", async (t) => {
  const mesh = [{ name: "web", url: "http://127.0.0.1:9106/metrics" }];
  t.match(configOf({ mesh }).global, { scrape_interval: "15s", scrape_timeout: "10s", evaluation_interval: "10s" });
  const fast = configOf({ mesh, globalInterval: "2s", serviceInterval: "1s" });
  t.match(fast.global, { scrape_interval: "2s", scrape_timeout: "2s", evaluation_interval: "1s" });
  t.match(fast.scrape_configs[0], { scrape_interval: "1s", scrape_timeout: "1s" });
});

t.test("without an Alertmanager there is none to send to", async (t) => {
  t.same(configOf({}).alerting.alertmanagers[0]?.static_configs[0]?.targets, []);
  t.same(configOf({ alertmanager: "a:9093" }).alerting.alertmanagers[0]?.static_configs[0]?.targets, ["a:9093"]);
});

t.test("durations are read as Prometheus writes them", async (t) => {
  t.equal(seconds("10s"), 10);
  t.equal(seconds("1m30s"), 90);
  t.equal(seconds("500ms"), 0.5);
  t.equal(seconds("1d2h"), 93_600);
  for (const bad of ["", "10", "s", "1s2", "1y"]) t.throws(() => seconds(bad), { name: "RangeError" }, bad);
});
