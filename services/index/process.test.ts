import { readdir } from "node:fs/promises";
import { join } from "node:path";
import t from "tap";
import { IndexProcess } from "../../test/index/support/index-process.ts";
import { startPostgres } from "../../test/support/postgres.ts";
import { startFaiss } from "./ann/faiss/engine.ts";
import { indexDatabase, itemOf } from "./local-index.ts";

const found = await startFaiss();
if (found.available) await found.engine.close();
const withoutFaiss = found.available ? false : `skipped: ${found.reason}`;

const items = Array.from({ length: 300 }, (_, n) =>
  itemOf(`i${n}`, [Math.cos(n), Math.sin(n), Math.cos(n * 7), Math.sin(n * 3)], { tags: [`t${n % 5}`] }),
);

t.test("an Index process", async (t) => {
  const server = await startPostgres();
  const sql = await indexDatabase(server.url);
  t.teardown(async () => {
    await sql.end({ timeout: 1 });
    await server.stop();
  });
  const start = (name: string, env: Record<string, string> = {}) =>
    IndexProcess.start({ databaseUrl: server.url, name, env });

  await t.test(
    "says which engine it has; one that is named and not there stops the start with what to do",
    async (t) => {
      const nowhere = { FAISS_C_LIBRARY: join(t.testdir(), "nowhere") };
      await t.rejects(start("named", { ...nowhere, INDEX_ENGINE: "faiss" }), {
        message:
          /ended with 78 before it served(?:.|\n)*INDEX_ENGINE is faiss, which cannot be used: FAISS_C_LIBRARY is .*nowhere/,
      });
      const auto = await start("auto", nowhere);
      const { engine } = await auto.client.listIndexes({});
      t.match(engine, { name: "flat", reason: /auto, and faiss cannot be used: FAISS_C_LIBRARY is/ });
      t.match(auto.log, /"event":"engine","engine":"flat"/);
      t.match(await auto.metrics(), /index_engine_info\{engine="flat",version="",[^}]*\} 1/);
      t.equal(await auto.stop(), 0);
    },
  );

  await t.test("writes a last snapshot on SIGTERM, and starts from it", async (t) => {
    const folder = join(t.testdir(), "snapshots");
    const first = await start("first", { INDEX_SNAPSHOT_DIR: folder });
    const { changeSeq } = await first.client.upsert({ items });
    const query = { queries: [{ index: "clip_fashion", vector: items[0]!.embeddings[0]!.vector }], k: 20 };
    const before = await first.client.search({ ...query, minSeq: changeSeq });
    t.equal(await first.stop(), 0);
    t.same(await readdir(folder), ["generation-00000001"]);
    const second = await start("second", { INDEX_SNAPSHOT_DIR: folder });
    t.match(second.log, /"event":"snapshot_restored","generation":"generation-00000001","seq":"300"/);
    t.same((await second.client.search(query)).results[0]?.neighbours, before.results[0]?.neighbours);
    t.equal(await second.stop(), 0);
    t.same(await readdir(folder), ["generation-00000001"], "nothing was new");
  });

  await t.test("builds a graph with FAISS, and opens it from its snapshot", { skip: withoutFaiss }, async (t) => {
    const env = {
      INDEX_SNAPSHOT_DIR: join(t.testdir(), "snapshots"),
      INDEX_ENGINE: "faiss",
      INDEX_FACTORY: "HNSW8,Flat",
      INDEX_GRAPH_MIN_ROWS: "100",
    };
    const first = await start("builds", env);
    const results = [];
    for await (const { result } of first.client.compact({ index: "clip_fashion" })) if (result) results.push(result);
    t.match(results, [{ vectorCount: 300n, factory: "HNSW8,Flat" }]);
    t.equal(await first.stop(), 0);
    const second = await start("opens", env);
    const { indexes, engine } = await second.client.listIndexes({});
    t.match(engine, { name: "faiss", reason: "INDEX_ENGINE is faiss", version: /^1\.\d+/ });
    t.match(indexes[0], { engine: "faiss", factory: "HNSW8,Flat", graphVectorCount: 300n, rebuild: { completed: 0n } });
    t.equal(await second.stop(), 0);
  });
});
