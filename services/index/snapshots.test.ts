import { readdir, truncate } from "node:fs/promises";
import { join } from "node:path";
import { Code, ConnectError } from "@connectrpc/connect";
import type { Sql } from "postgres";
import t from "tap";
import { startPostgres } from "../../test/support/postgres.ts";
import type { AnnBuild, AnnGraph } from "./ann/ann.ts";
import { pruneChanges } from "./change-log.ts";
import { indexDatabase, itemOf, localIndex, vectorOf } from "./local-index.ts";
import { PlainEngine } from "./vectors/test-support.ts";

const refusal = (call: Promise<unknown>): Promise<ConnectError> =>
  call.then(
    () => Promise.reject(new Error("expected a refusal, got an answer")),
    (error) => ConnectError.from(error),
  );
const some = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, n) => {
    const [x, y] = [from + n + 1, 7];
    return itemOf(`i${from + n}`, [x, y], {
      ownerId: n % 3 ? "" : "ann",
      category: n % 2 ? "hat" : "",
      tags: ["a", `t${n}`],
    });
  });

/** A replica that keeps snapshots in `folder`, and what it was told of them. */
async function replicaOf(sql: Sql, folder: string, engine?: PlainEngine, more: Record<string, string> = {}) {
  const settings = { INDEX_SNAPSHOT_DIR: folder, INDEX_GRAPH_MIN_ROWS: "8", ...more };
  const replica = await localIndex(sql, { settings, ...(engine && { engine }) });
  const verified = async () => {
    const messages = [];
    for await (const message of replica.client.verify({ vectorShare: 1 })) messages.push(message);
    return messages.at(-1)!;
  };
  const search = async (minSeq = 0n) => {
    const queries = [{ index: "clip_fashion", vector: vectorOf(1, 1) }];
    const filter = { anyTags: ["a"], ownerIds: ["", "ann"] };
    return (await replica.client.search({ queries, k: 100, filter, minSeq, withAttributes: true })).results[0]!
      .neighbours;
  };
  return { ...replica, verified, search };
}

/** Builds what indexes of unit vectors had at first. */
class ByProducts extends PlainEngine {
  override build(build: AnnBuild): Promise<AnnGraph> {
    return super.build({ ...build, metric: "ip" });
  }
}

t.test("a replica starts from its snapshot and what changed since", async (t) => {
  const server = await startPostgres();
  const sql = await indexDatabase(server.url);
  t.teardown(async () => {
    await sql.end({ timeout: 1 });
    await server.stop();
  });
  const folder = join(t.testdir(), "snapshots");
  const engine = new PlainEngine();
  const first = await replicaOf(sql, folder, engine);
  await first.client.upsert({ items: some(0, 20) });
  const { changeSeq } = await first.client.delete({ itemIds: ["i3"] });
  await first.search(changeSeq);
  await first.store.index("clip_fashion")!.vectors!.settled();
  const { snapshot, snapshots } = await first.client.snapshot({});
  t.match(snapshot, { generation: "generation-00000001", changeSeq, vectorCount: 19n });
  t.same(
    snapshots.map(({ generation }) => generation),
    ["generation-00000001"],
  );
  t.match((await first.client.listIndexes({})).snapshot, { changeSeq });
  const { changeSeq: later } = await first.client.upsert({ items: some(18, 25) });
  const before = await first.search(later);
  await first.stop();

  await t.test("with its graph, its attributes and its versions", async (t) => {
    const second = await replicaOf(sql, folder, engine, { INDEX_REBUILD_NEW_SHARE: "0.9" });
    t.teardown(() => second.stop());
    t.equal(second.snapshots?.newest?.seq, changeSeq);
    t.equal(second.store.applied.value, later);
    t.same(await second.search(), before);
    t.match(await second.verified(), { differences: 0n, examples: [] });
    const { indexes, engine: chosen } = await second.client.listIndexes({});
    t.match(indexes[0], { engine: "faiss", factory: "HNSW32,SQ8", rebuild: { completed: 0n } });
    t.equal(indexes[0]!.graphVectorCount < indexes[0]!.vectorCount, true, "newer vectors are not in the graph");
    t.match(chosen, { name: "faiss", version: "plain", reason: "the test wants it" });
  });

  await t.test("without it where another graph is wanted, or none", async (t) => {
    const other = await replicaOf(sql, folder, engine, { INDEX_FACTORY: "HNSW8,Flat", INDEX_GRAPH_MIN_ROWS: "9999" });
    const none = await replicaOf(sql, folder);
    t.teardown(() => Promise.all([other.stop(), none.stop()]));
    for (const one of [other, none]) {
      t.equal(one.snapshots?.newest?.seq, changeSeq);
      t.equal(one.store.index("clip_fashion")?.vectors?.factory, undefined);
      t.same(await one.search(), before);
    }
  });

  await t.test("without a graph that compares otherwise than what would be built: it is built again", async (t) => {
    const aside = join(t.testdir(), "snapshots");
    const old = await replicaOf(sql, aside, new ByProducts());
    await old.store.index("clip_fashion")!.vectors!.settled();
    await old.client.snapshot({});
    await old.stop();
    const plain = new PlainEngine();
    const replica = await replicaOf(sql, aside, plain);
    t.teardown(() => replica.stop());
    const vectors = replica.store.index("clip_fashion")!.vectors!;
    await vectors.settled();
    t.match(vectors.rebuildState, { completed: 1, failures: 0 });
    t.match(plain.graphs, [{ metric: "l2", count: vectors.graphRows }]);
    t.same(await replica.search(), before);
  });

  await t.test("not where it is of other models: then all items are loaded", async (t) => {
    const other = await replicaOf(sql, folder, engine, { INDEX_MODELS: "clip=clip_fashion,new=new_one" });
    t.teardown(() => other.stop());
    t.equal(other.snapshots?.newest, undefined);
    t.same(await other.search(), before);
  });

  await t.test("not where it is of another database, though that has as many changes", async (t) => {
    const stranger = await startPostgres();
    const strange = await indexDatabase(stranger.url);
    t.teardown(async () => {
      await strange.end({ timeout: 1 });
      await stranger.stop();
    });
    const filled = await localIndex(strange);
    await filled.client.upsert({ items: some(100, 140) });
    await filled.stop();
    const replica = await replicaOf(strange, folder, engine);
    t.teardown(() => replica.stop());
    t.equal(replica.snapshots?.newest, undefined);
    t.match(await replica.verified(), { differences: 0n });
    t.equal((await replica.search()).length, 40);
  });

  await t.test("Restore loads it beside serving, or all items, and loses nothing", async (t) => {
    const replica = await replicaOf(sql, folder, engine);
    t.teardown(() => replica.stop());
    replica.store.index("clip_fashion")!.vectors!.remove("i7");
    t.match(await replica.verified(), { differences: 1n });
    const writing = replica.client.upsert({ items: some(30, 32) });
    t.match(await replica.client.restore({}), { restoredSeq: changeSeq, generation: "generation-00000001" });
    await replica.search((await writing).changeSeq);
    t.match(await replica.verified(), { differences: 0n });
    const { restoredSeq, generation } = await replica.client.restore({ fromStore: true });
    t.same([restoredSeq, generation], [(await writing).changeSeq, ""]);
    t.match(await replica.verified(), { differences: 0n });
    const missing = await refusal(replica.client.restore({ generation: "generation-00000009" }));
    t.match(missing, { code: Code.NotFound, rawMessage: /there is no whole snapshot generation-00000009/ });
  });

  await t.test("Compact drops what is deleted and says how far it is", async (t) => {
    const replica = await replicaOf(sql, folder, engine);
    t.teardown(() => replica.stop());
    const { changeSeq: seq } = await replica.client.delete({ itemIds: ["i0", "i1", "i2"] });
    await replica.search(seq);
    const dead = replica.store.index("clip_fashion")!.vectors!.tombstones;
    t.ok(dead >= 3);
    const messages = [];
    for await (const message of replica.client.compact({})) messages.push(message);
    const [clip, blip] = messages.filter(({ result }) => result);
    t.match(clip, { index: "clip_fashion", result: { dropped: BigInt(dead), factory: "HNSW32,SQ8" } });
    t.match(blip, { index: "blip_fashion", result: { dropped: 0n, vectorCount: 0n, factory: "" } });
    t.equal(replica.store.index("clip_fashion")!.vectors!.tombstones, 0);
    t.match(await replica.verified(), { differences: 0n });
  });

  await t.test("not where it is damaged: it is set aside, and all items are loaded", async (t) => {
    await truncate(join(folder, "generation-00000001", "clip_fashion", "vectors"), 40);
    const replica = await replicaOf(sql, folder, engine);
    t.teardown(() => replica.stop());
    t.equal(replica.snapshots?.newest, undefined);
    t.match(await replica.verified(), { differences: 0n });
    t.same(await readdir(folder), ["generation-00000001.corrupt"]);
  });

  await t.test("not where the change log has forgotten what came behind it", async (t) => {
    const replica = await replicaOf(sql, folder, engine);
    await replica.client.snapshot({});
    for (let n = 0; n < 3; n++) await replica.client.upsert({ items: some(0, 5) });
    await replica.stop();
    while ((await pruneChanges(sql, 0, 1000)) > 0);
    const next = await replicaOf(sql, folder, engine);
    t.teardown(() => next.stop());
    t.equal(next.snapshots?.newest, undefined);
    t.match(await next.verified(), { differences: 0n });
  });

  await t.test("without a folder there is nothing to write or to restore", async (t) => {
    const replica = await localIndex(sql);
    t.teardown(() => replica.stop());
    const message = /set INDEX_SNAPSHOT_DIR/;
    t.match(await refusal(replica.client.snapshot({})), { code: Code.FailedPrecondition, rawMessage: message });
    t.match(await refusal(replica.client.restore({})), { code: Code.FailedPrecondition, rawMessage: message });
  });
});
