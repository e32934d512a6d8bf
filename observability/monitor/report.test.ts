import t from "tap";
import type { Facts } from "./observer.ts";
import type { Finding } from "./probe.ts";
import { healthReport, readyReport } from "./report.ts";

const up = <T>(value: T): Finding<T> => ({ status: "up", ms: 2.34, value });
const down = (reason: string): Finding<never> => ({ status: "down", ms: 700, reason });
const models = ["clip", "blip", "fashion"];
const NAMES = ["encoder", "index", "fusion", "feedback", "web", "envoy", "postgres", "redis"];

/** Everything is well, but for what is given. */
function facts(o: Partial<Facts> = {}, services: Record<string, Finding<unknown>> = {}): Facts {
  return {
    at: new Date("2026-11-21T10:00:00Z"),
    services: new Map(NAMES.map((name) => [name, services[name] ?? up(undefined)])),
    postgres: up({ connections: 9, maxConnections: 100, databaseSizeBytes: 1 }),
    redis: undefined,
    models: up(new Map(models.map((name) => [name, true]))),
    vectors: up(new Map(models.map((name, i) => [name, i]))),
    alerts: down("none here"),
    system: up({ cpuPercent: 12.345, memoryPercent: 50, memoryBytes: 1, diskPercent: 99.99 }),
    ...o,
  };
}

t.test("health has the fields that were always there", async (t) => {
  const { status, body } = healthReport(facts(), "1.2.3");
  t.equal(status, 200);
  t.match(body, {
    status: "healthy",
    timestamp: "2026-11-21T10:00:00.000Z",
    version: "1.2.3",
    system: { cpu_percent: 12.3, memory_percent: 50, disk_percent: 100 },
    models: { clip_loaded: true, blip_loaded: true, fashion_loaded: true },
    vector_stores: { clip_index_size: 0, blip_index_size: 1, fashion_index_size: 2 },
    services: { index: { status: "up", ms: 2.3 } },
  });
});

t.test("without a part that answers need it is 503 and names the part; without another it is degraded", async (t) => {
  for (const name of ["fusion", "encoder", "index", "postgres"]) {
    const { status, body } = healthReport(facts({}, { [name]: down("gone") }), "1");
    t.equal(status, 503);
    t.match(body, { status: "unhealthy", services: { [name]: { status: "down", reason: "gone" } } });
  }
  for (const name of ["feedback", "redis", "web"]) {
    t.match(healthReport(facts({}, { [name]: down("gone") }), "1"), { status: 200, body: { status: "degraded" } });
  }
  const slow: Finding<unknown> = { status: "slow", ms: 400, value: undefined };
  t.match(healthReport(facts({}, { fusion: slow }), "1"), { status: 200, body: { status: "degraded" } });
});

t.test("figures that could not be had are null, not 0", async (t) => {
  const { body } = healthReport(facts({ vectors: down("gone"), system: down("gone"), models: down("gone") }), "1");
  t.same(body.vector_stores, { clip_index_size: null, blip_index_size: null, fashion_index_size: null });
  t.same(body.system, { cpu_percent: null, memory_percent: null, disk_percent: null });
  t.same(body.models, { clip_loaded: false, blip_loaded: false, fashion_loaded: false });
});

t.test("ready is a real 503 when one check fails, and says which", async (t) => {
  t.match(readyReport(facts(), "1"), { status: 200, body: { status: "ready" } });
  const checks: [Partial<Facts>, object][] = [
    [{ models: up(new Map([["clip", true]])) }, { models_loaded: false }],
    [{ vectors: up(new Map([["clip", 3]])) }, { vector_stores_ready: false }],
    [{ postgres: down("gone") }, { database_connected: false }],
  ];
  for (const [missing, failing] of checks) {
    t.match(readyReport(facts(missing), "1"), { status: 503, body: { status: "not_ready", checks: failing } });
  }
  const hung = readyReport(facts({}, { feedback: down("no answer within 700 ms") }), "1");
  t.match(hung, { status: 503, body: { services: { feedback: { reason: "no answer within 700 ms" } } } });
});
