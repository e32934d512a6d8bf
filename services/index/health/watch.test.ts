import pino from "pino";
import postgres from "postgres";
import { Registry } from "prom-client";
import t from "tap";
import { startPostgres } from "../../../test/support/postgres.ts";
import { HealthRegistry } from "../../kit/health.ts";
import { IndexEvents } from "../events.ts";
import { createIndexMetrics } from "../metrics.ts";
import { ItemStore } from "../store.ts";
import { PlainEngine, plainScanner } from "../vectors/test-support.ts";
import { VectorIndex } from "../vectors/vector-index.ts";
import { Peers } from "./peers.ts";
import { type WatchOptions, watchIndex } from "./watch.ts";

const SERVICE = "flashfit.index.v1.IndexService";
const log = pino({ level: "silent" });
const graphsAreCheap = {
  ...{ scanUs: (rows: number) => rows, scatteredUs: (rows: number) => rows, graphUs: () => 1 },
  ...{ observeScan() {}, observeGraph() {}, forgetGraph() {} },
};

/** A replica that is told its changes by the test, and everything that watches it. */
function replica(clock: { now: number }, engine: PlainEngine, peers?: WatchOptions["peers"]) {
  const events = new IndexEvents();
  const store = new ItemStore({
    models: new Map([["clip", { name: "clip_fashion", metric: "cosine" }]]),
    createVectors: ({ name, ...options }) =>
      new VectorIndex({
        ...options,
        scanner: plainScanner,
        graph: { engine, factory: () => "Flat" },
        rebuild: { minGraphRows: 10 },
        costs: graphsAreCheap,
        onEvent: (event) => events.tell("vectors", { index: name, event }),
      }),
  });
  const tail = { lag: 0, connected: true };
  const health = new HealthRegistry();
  health.set(SERVICE, "SERVING");
  const registry = new Registry();
  const stop = new AbortController();
  const metrics = createIndexMetrics(registry, store, tail, events);
  const watch = watchIndex({
    ...{ registry, store, log, events, tail, signal: stop.signal, nowMs: () => clock.now },
    ...(peers && { peers }),
    serving: { health, service: SERVICE, low: 0.5, high: 0.7 },
    recall: { share: 1, cpuMsPerSecond: 1000, threads: 1 },
  });
  const apply = (changes: number) => {
    for (let i = 0; i < changes; i++) {
      const seq = store.applied.value + 1n;
      const angle = Number(seq) / 100;
      const embeddings = [{ model: "clip", revision: "1", vector: Float32Array.of(Math.cos(angle), Math.sin(angle)) }];
      const item = { itemId: `i${seq}`, ownerId: "", category: "", colour: "", priceCents: 0, tags: [], embeddings };
      store.apply({ kind: "upsert", seq, item });
    }
  };
  t.teardown(() => store.close());
  return { store, tail, events, metrics, watch, registry, apply, status: () => health.get(SERVICE)?.status };
}

t.test("of two replicas the one that falls behind leaves, until it has caught up", async (t) => {
  const server = await startPostgres();
  const sql = postgres(server.url, { onnotice: () => {}, max: 2, backoff: () => 0.05 });
  t.teardown(async () => {
    await sql.end({ timeout: 1 });
    await server.stop();
  });
  const clock = { now: 0 };
  const peersOf = () => new Peers({ sql, everyMs: 1000, nowMs: () => clock.now });
  const [aheadPeers, behindPeers] = [peersOf(), peersOf()];
  await Promise.all([aheadPeers.listen(), behindPeers.listen()]);
  const ahead = replica(clock, new PlainEngine(), aheadPeers);
  const behind = replica(clock, new PlainEngine(), behindPeers);
  const seconds = async (count: number) => {
    for (let i = 0; i < count; i++) {
      clock.now += 1000;
      await aheadPeers.announce(ahead.store.applied.value);
      await behindPeers.announce(behind.store.applied.value);
      const { promise, resolve } = Promise.withResolvers<void>();
      const { unlisten } = await sql.listen("marker", () => resolve());
      await sql`select pg_notify(${"marker"}, ${""})`; // behind the announcements
      await promise;
      await unlisten();
      for (const one of [ahead, behind]) one.watch.look();
    }
    return [ahead.status(), behind.status()];
  };
  t.same(await seconds(2), ["SERVING", "SERVING"]);
  for (const one of [ahead, behind]) one.tail.lag = 600; // of the log: a bulk load that nobody has applied yet
  t.same(await seconds(12), ["SERVING", "SERVING"]);
  ahead.apply(600);
  ahead.tail.lag = 0;
  t.same(await seconds(12), ["SERVING", "NOT_SERVING"]);
  t.match(await behind.registry.metrics(), /^index_behind_peers 600$/m);
  behind.apply(590);
  t.same(await seconds(12), ["SERVING", "SERVING"]);

  behind.tail.lag = 5000;
  ahead.apply(400);
  await seconds(5);
  await server.kill9();
  for (const one of [ahead, behind]) one.tail.connected = false;
  for (let i = 0; i < 60; i++) {
    clock.now += 1000;
    for (const one of [ahead, behind]) one.watch.look();
  }
  t.same([ahead.status(), behind.status()], ["SERVING", "SERVING"], "without PostgreSQL nobody is known to be ahead");
  t.match(
    await behind.registry.metrics(),
    /^faiss_index_health_score\{index="clip_fashion"\} 0\.2/m,
    "but the alert fires",
  );
});

/** Finds everything but the nearest half. */
class BlindEngine extends PlainEngine {
  override async build(build: Parameters<PlainEngine["build"]>[0]) {
    const graph = await super.build(build);
    const search = graph.search.bind(graph);
    graph.search = async (query) => {
      const { labels, scores } = await search({ ...query, k: query.k + 5 });
      return { labels: labels.subarray(5), scores: scores.subarray(5) };
    };
    return graph;
  }
}

t.test("an engine that answers wrongly is seen in the metrics, and what is exact is not measured", async (t) => {
  const clock = { now: 0 };
  const { store, metrics, events, watch, registry, apply } = replica(clock, new BlindEngine());
  apply(200);
  const index = store.index("clip_fashion")!;
  await index.vectors!.rebuild();
  const ask = async (exact: boolean) => {
    const query = { index, vector: Float32Array.of(Math.cos(1.003), Math.sin(1.003)) };
    const seq = store.applied.value;
    const ms = 1;
    const answer = await store.searchOne(query, { k: 10, exact });
    metrics.answered(index.name, answer.plan, ms);
    events.tell("answered", { index: index.name, vector: query.vector, k: 10, exact, answer, seq, ms });
    await watch.recall.settled();
  };
  for (let i = 0; i < 10; i++) await ask(false);
  for (let i = 0; i < 10; i++) await ask(true);
  const text = await registry.metrics();
  const value = (series: string) =>
    Number(
      text
        .split("\n")
        .find((line) => line.startsWith(`${series} `))
        ?.split(" ")[1],
    );
  const of = '{index="clip_fashion"}';
  t.equal(value(`faiss_index_graph_recall${of}`), 0.5);
  t.equal(value(`faiss_index_recall${of}`), 0.75, "half of the searches were exact");
  t.equal(value(`faiss_index_recall_samples${of}`), 10);
  t.ok(value(`faiss_index_graph_recall_low${of}`) < 0.5 && value(`faiss_index_graph_recall_high${of}`) > 0.5);
  t.equal(value('faiss_recall_samples_total{index="clip_fashion",outcome="measured"}'), 10);
  t.equal(value('faiss_recall_samples_total{index="clip_fashion",outcome="over_budget"}'), 0);
  t.equal(value('faiss_search_duration_seconds_count{index="clip_fashion",engine="faiss",plan="graph"}'), 10);
  t.equal(value('faiss_search_duration_seconds_count{index="clip_fashion",engine="flat",plan="exact-all"}'), 10);
  t.equal(value('faiss_index_info{index="clip_fashion",engine="faiss",factory="Flat"}'), 1);
  t.equal(value(`faiss_index_graph_rows${of}`), 200);
  t.equal(value(`faiss_index_delta_rows${of}`), 0);
  t.ok(value(`faiss_index_rebuild_duration_seconds_count${of}`) >= 1);
  t.ok(value('faiss_memory_part_bytes{index="clip_fashion",part="vectors"}') > 0);
  const recallPart = value('faiss_index_health_part{index="clip_fashion",part="recall"}');
  t.ok(recallPart > 0 && recallPart < 0.7, `${recallPart}`);
  t.notMatch(text, /^faiss_snapshot_age_seconds /m, "there is none");

  events.tell("failed", { index: index.name, error: new Error("no scan") });
  t.ok((await registry.metrics()).includes('faiss_index_health_part{index="clip_fashion",part="errors"} 0.9'));
  events.tell("vectors", {
    index: index.name,
    event: { kind: "rebuild-failed", error: new Error("no memory"), failures: 1, retryInMs: 1 },
  });
  const info = { generation: "generation-00000001", key: "", seq: 200n, at: new Date(), bytes: 4096, rows: 200 };
  events.tell("snapshot", { kind: "written", info, ms: 1500 });
  const later = await registry.metrics();
  t.match(later, /^faiss_index_failures_total\{index="clip_fashion",kind="rebuild-failed"\} 1$/m);
  t.match(later, /^faiss_snapshot_size_bytes 4096$/m);
  t.match(later, /^faiss_snapshot_write_seconds 1\.5$/m);
  t.match(later, /^faiss_snapshots_total\{outcome="written"\} 1$/m);
});
