import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import { join } from "node:path";
import t from "tap";
import { startTestWeaviate, type TestWeaviate } from "../../../../test/index/support/weaviate.ts";
import { type AnnEngine, AnnError } from "../ann.ts";
import { testEngine } from "../engine-suite.ts";
import { suiteData } from "../suite-data.ts";
import { startWeaviate, type WeaviateOptions } from "./engine.ts";

t.setTimeout(300_000);

t.test("where nothing listens there is no engine", async (t) => {
  const started = await startWeaviate({ url: "http://127.0.0.1:1", grpcUrl: "http://127.0.0.1:1", instance: "x" });
  t.match(started, { available: false, reason: /no Weaviate at http:\/\/127\.0\.0\.1:1/ });
});

const server = await startTestWeaviate();
if ("missing" in server) {
  await testEngine({ name: "weaviate", start: async () => ({ available: false, reason: server.missing }) });
} else {
  t.teardown(() => server.stop());
  let instances = 0;
  await testEngine({
    name: "weaviate",
    start: () => startWeaviate({ ...server, instance: `suite-${instances++}` }),
    params: false, // Weaviate chooses ef by itself
    wholeFiles: false, // it keeps the graph
    manyRows: 5_000, // it writes them to disk
    floors: [
      { factory: "Flat", recall: 1 },
      { factory: "HNSW16,Flat", recall: 0.98 },
      { factory: "HNSW32,SQ8", recall: 0.9 },
    ],
  });
  testLifetime(server);
}

/** What is left of a graph when it, its engine, or its process is gone. */
function testLifetime(server: TestWeaviate): void {
  const data = suiteData({ count: 50, queries: 1 });
  const build = { ...data, metric: "ip" as const, factory: "Flat" };
  const expected = { dimensions: data.dimensions, metric: "ip" as const };
  const start = async (more: Partial<WeaviateOptions> = {}): Promise<AnnEngine> => {
    const started = await startWeaviate({ ...server, instance: "life", ...more });
    if (!started.available) throw new Error(started.reason);
    return started.engine;
  };
  const names = async (): Promise<string[]> => {
    const { classes } = (await (await fetch(`${server.url}/v1/schema`)).json()) as { classes: { class: string }[] };
    return classes.map((one) => one.class).filter((name) => name.startsWith("FlashFitIndex_life_"));
  };

  t.test("a graph goes with its handle, unless a file names it; what nobody opens again is swept away", async (t) => {
    const folder = await mkdtemp(join(os.tmpdir(), "flashfit-weaviate-"));
    t.teardown(() => rm(folder, { recursive: true }));
    const file = join(folder, "graph");
    const first = await start();
    await (await first.build(build)).close();
    t.same(await names(), [], "it was never written");
    await (await first.build(build)).write(file);
    await (await first.build(build)).write(join(folder, "forgotten"));
    await first.close();
    t.equal((await names()).length, 2);

    const swept = Promise.withResolvers<string[]>();
    const second = await start({
      sweepMs: 300,
      onSweep: (deleted, error) => (error ? swept.reject(error) : swept.resolve(deleted)),
    });
    const graph = await second.open(file, expected);
    t.equal((await swept.promise).length, 1, "the one that nobody opened");
    t.equal((await names()).length, 1);
    t.equal((await graph.search({ vectors: data.rows(7, 1), k: 1 })).labels[0], 7);
    await t.rejects(second.open(join(folder, "forgotten"), expected), {
      name: "AnnError",
      message: /no collection FlashFitIndex_life_\w+ of this instance: build the graph anew/,
    });
    await second.close();
    const other = await start({ instance: "another" });
    await t.rejects(other.open(file, expected), AnnError, "a collection of another instance");
    await other.close();
  });

  t.test("a build that fails leaves nothing behind", async (t) => {
    const engine = await start({ instance: "life-2" });
    const rows = () => {
      throw new Error("no rows");
    };
    await t.rejects(engine.build({ ...build, rows }), new Error("no rows"));
    t.same(await names().then((all) => all.filter((name) => name.includes("life_2"))), []);
    await engine.close();
  });

  t.test("a Weaviate that goes away is said to be away", async (t) => {
    const engine = await start({ instance: "last" });
    const graph = await engine.build(build);
    await server.stop();
    await t.rejects(graph.search({ vectors: data.queries, k: 1 }), { name: "AnnError", message: /^weaviate: / });
    await t.rejects(graph.close(), AnnError);
  });
}
