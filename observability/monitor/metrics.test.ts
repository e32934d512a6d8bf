import t from "tap";
import { createMetrics } from "../../services/kit/metrics.ts";
import { createMonitorMetrics } from "./metrics.ts";
import type { Facts } from "./observer.ts";
import type { Finding } from "./probe.ts";

const up = <T>(value: T): Finding<T> => ({ status: "up", ms: 5, value });
const down: Finding<never> = { status: "down", ms: 700, reason: "gone" };

/** What a scrape shows of one name: labels as text to value. */
async function scrape(facts: Partial<Facts>) {
  const registry = createMetrics("monitor");
  const all = {
    at: new Date(0),
    services: new Map([
      ["index", down],
      ["fusion", up(undefined)],
    ]),
    postgres: down,
    redis: down,
    models: down,
    vectors: down,
    alerts: down,
    system: down,
    ...facts,
  } satisfies Facts;
  createMonitorMetrics(registry, async () => all, "/data");
  const lines = (await registry.metrics()).split("\n").filter((line) => line.startsWith("flashfit_"));
  return new Map(
    lines.map((line) => [line.slice(0, line.lastIndexOf(" ")), Number(line.slice(line.lastIndexOf(" ")))]),
  );
}

t.test("each part has its own series, down is 0", async (t) => {
  const found = await scrape({});
  t.equal(found.get('flashfit_service_health_status{service="index"}'), 0);
  t.equal(found.get('flashfit_service_health_status{service="fusion"}'), 1);
});

t.test("what cannot be had is absent, not 0", async (t) => {
  const names = new Set([...(await scrape({})).keys()].map((key) => key.split("{")[0]));
  t.same(
    [...names].sort(),
    ["metrics_collected_total", "postgres_up", "redis_up", "service_health_check_seconds", "service_health_status"].map(
      (name) => `flashfit_${name}`,
    ),
  );
});

t.test("the old names carry what was found", async (t) => {
  const found = await scrape({
    system: up({ cpuPercent: 10, memoryPercent: 20, memoryBytes: 30, diskPercent: 40 }),
    postgres: up({ connections: 5, maxConnections: 100, databaseSizeBytes: 7 }),
    alerts: up([]),
  });
  const expected = {
    'flashfit_cpu_usage_percent{service="monitor"}': 10,
    'flashfit_memory_usage_percent{service="monitor"}': 20,
    'flashfit_memory_usage_bytes{service="monitor"}': 30,
    'flashfit_disk_usage_percent{path="/data",service="monitor"}': 40,
    'flashfit_postgres_max_connections{service="monitor"}': 100,
    'flashfit_active_alerts_total{severity="critical",service="monitor"}': 0,
  };
  for (const [series, value] of Object.entries(expected)) t.equal(found.get(series), value, series);
});
