import { createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { Registry } from "prom-client";
import t from "tap";
import { IndexService } from "../../gen/flashfit/index/v1/index_pb.ts";
import { HealthRegistry } from "./health.ts";
import { httpMetrics } from "./http-metrics.ts";
import { createMetrics, serveMetrics } from "./metrics.ts";
import { fixedPages, jsonPage } from "./pages.ts";
import { createServer, implement } from "./serve.ts";

const pages = fixedPages({
  "/state": ({ url, header }) => jsonPage(503, { why: url.searchParams.get("why"), who: header.get("x-who") }),
  "/broken": () => Promise.reject(new Error("cannot say")),
});

async function start(t: Pick<typeof import("tap").t, "teardown">, services = [IndexService]) {
  const registry = new Registry();
  const health = new HealthRegistry();
  const options = { name: "index", host: "127.0.0.1", port: 0, services, health, pages, watch: httpMetrics(registry) };
  const server = await createServer(options);
  t.teardown(() => server.stop(0));
  server.install(
    services.map((service) =>
      implement(service, { listIndexes: () => ({}), search: () => Promise.reject(Error("x")) }),
    ),
  );
  /** Requests counted, as "method endpoint status" to number. */
  const counted = async () => {
    const values = (await registry.getSingleMetric("http_requests_total")!.get()).values;
    return Object.fromEntries(
      values.map(({ labels: { method, endpoint, status }, value }) => [`${method} ${endpoint} ${status}`, value]),
    );
  };
  return { server, registry, health, counted };
}

t.test("a page is answered to GET and HEAD, with its query and the caller's headers", async (t) => {
  const { server } = await start(t);
  const page = await fetch(`${server.url}/state?why=rain`, { headers: { "x-who": "me" } });
  t.equal(page.status, 503);
  t.equal(page.headers.get("cache-control"), "no-store");
  t.same(await page.json(), { why: "rain", who: "me" });
  const head = await fetch(`${server.url}/state`, { method: "HEAD" });
  t.equal(head.status, 503);
  t.equal(await head.text(), "");
  t.equal((await fetch(`${server.url}/state`, { method: "POST" })).status, 404);
});

t.test("a process with pages alone is healthy by its own name", async (t) => {
  const { server, health } = await start(t, []);
  t.match(await (await fetch(`${server.url}/healthz`)).json(), { services: { index: { reason: "loading" } } });
  health.set("index", "SERVING");
  t.equal((await fetch(`${server.url}/healthz`)).status, 200);
});

t.test(
  "every request is counted once, also one that never became a call; names that callers invent are one",
  async (t) => {
    const { server, counted, registry } = await start(t);
    const client = createClient(IndexService, createConnectTransport({ baseUrl: server.url, httpVersion: "2" }));
    await client.listIndexes({});
    await client.search({}).catch(() => {});
    await fetch(`${server.url}/state`);
    for (const path of ["/a", "/b", "/c?d"]) await fetch(`${server.url}${path}`);
    await fetch(`${server.url}/${IndexService.typeName}/Search`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: "{",
    });
    await fetch(`${server.url}/a`, { method: "PROPFIND" });
    const rpc = `/${IndexService.typeName}`;
    t.same(await counted(), {
      [`POST ${rpc}/ListIndexes 200`]: 1,
      [`POST ${rpc}/Search 500`]: 1,
      [`POST ${rpc}/Search 400`]: 1,
      "GET /state 503": 1,
      "GET other 404": 3,
      "other other 404": 1,
    });
    t.match(
      await registry.metrics(),
      /http_request_duration_seconds_bucket\{le="0.005",method="GET",endpoint="\/state"/,
    );
  },
);

t.test("metrics ports show pages where they are given, and refuse the rest without ending the process", async (t) => {
  const registry = createMetrics("index");
  const metrics = await serveMetrics({ registry, host: "127.0.0.1", ports: [0], pages });
  t.teardown(() => metrics.close());
  const base = new URL(metrics.urls[0]!).origin;
  t.match(await (await fetch(`${base}/metrics`)).text(), /process_cpu_seconds_total\{service="index"\}/);
  t.equal((await fetch(`${base}/state`)).status, 503);
  t.match(await (await fetch(`${base}/broken`)).text(), /cannot say/);
  t.equal((await fetch(`${base}/nothing`)).status, 404);
  t.equal((await fetch(`${base}//`)).status, 404);
});
