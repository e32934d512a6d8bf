import process from "node:process";
import { Code, ConnectError } from "@connectrpc/connect";
import fc from "fast-check";
import t from "tap";
import { startPostgres } from "../../test/support/postgres.ts";
import { checkMetrics, MetricError, pruneChanges, readChanges } from "./change-log.ts";
import { parseModels } from "./config.ts";
import { indexDatabase, itemOf, localIndex, vectorOf } from "./local-index.ts";

t.test("the change log forgets what was replaced, and nobody misses anything", async (t) => {
  const server = await startPostgres();
  const sql = await indexDatabase(server.url);
  t.teardown(async () => {
    await sql.end({ timeout: 1 });
    await server.stop();
  });
  const versions = async () => (await sql<{ n: number }[]>`select count(*)::int as n from "index".change`)[0]!.n;

  await t.test("replaced and deleted versions go, current ones stay, whoever is behind loads anew", async (t) => {
    const replica = await localIndex(sql);
    t.teardown(() => replica.stop());
    const { client } = replica;
    await client.upsert({ items: [itemOf("kept", [1, 0]), itemOf("gone", [1, 0])] });
    for (let n = 0; n < 10; n++) await client.upsert({ items: [itemOf("busy", [1, n]), itemOf("busy", [2, n])] });
    await client.delete({ itemIds: ["gone"] });
    t.equal(await versions(), 23);
    t.equal(await pruneChanges(sql, 1_000_000, 100), 0, "nothing is so far back");
    t.equal(await versions(), 23);
    t.equal(await pruneChanges(sql, 1, 5), 5, "as many as it may");
    while ((await pruneChanges(sql, 0, 100)) > 0);
    t.same(
      (await sql<{ item_id: string }[]>`select item_id from "index".change order by 1`).map((row) => row.item_id),
      ["busy", "kept"],
    );
    const behind = await readChanges(sql, 0n, 100);
    t.same([behind.changes, behind.end, behind.horizon], [[], 23n, 23n]);
    const late = await localIndex(sql);
    t.teardown(() => late.stop());
    t.same([late.store.applied.value, late.store.items.size], [23n, 2]);
    const { changeSeq } = await client.upsert({ items: [itemOf("new", [1, 0])] });
    await late.store.applied.reached(changeSeq, AbortSignal.timeout(10_000));
    t.equal(late.store.items.size, 3);
  });

  await t.test("concurrent writers, deleters and pruning: every reader ends with what is there", async (t) => {
    const seed = Number(process.env.TEST_SEED ?? Date.now() % 2 ** 31);
    t.comment(`TEST_SEED=${seed}`);
    const step = fc.record({ id: fc.nat(12), remove: fc.boolean() });
    const writers = fc.array(fc.array(step, { maxLength: 12 }), { minLength: 2, maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(writers, async (plans) => {
        const replica = await localIndex(sql);
        try {
          const seen: bigint[] = [];
          let writing = true;
          const reader = (async () => {
            for (let at = replica.store.applied.value; ; ) {
              const done = !writing;
              const { changes, end, horizon } = await readChanges(sql, at, 3);
              if (horizon > at) return "behind";
              for (const { seq } of changes) {
                // Replaced versions may be gone only up to the horizon, which this reader is not behind.
                if (seq !== at + 1n) return `expected ${at + 1n}, got ${seq}`;
                at = seq;
                seen.push(seq);
              }
              if (done && at === end) return "whole";
            }
          })();
          const pruner = (async () => {
            while (writing) await pruneChanges(sql, 40, 3);
          })();
          await Promise.all(
            plans.map(async (plan) => {
              for (const { id, remove } of plan) {
                if (remove) await replica.client.delete({ itemIds: [`x${id}`, `x${id + 1}`] });
                else await replica.client.upsert({ items: [itemOf(`x${id}`, [1, id]), itemOf(`x${id + 1}`, [id, 1])] });
              }
            }),
          );
          writing = false;
          await pruner;
          const outcome = await reader;
          if (outcome !== "whole" && outcome !== "behind") throw new Error(outcome);
          let last: { differences: bigint; done: boolean } | undefined;
          for await (const message of replica.client.verify({ vectorShare: 1 })) last = message;
          return last?.done === true && last.differences === 0n;
        } finally {
          await replica.stop();
        }
      }),
      { seed, numRuns: 15 },
    );
  });

  await t.test("a model keeps the metric of its first vector", async (t) => {
    const models = "blip=blip_fashion:l2,fashion=fashion_specific:ip";
    const replica = await localIndex(sql, { settings: { INDEX_MODELS: models } });
    t.teardown(() => replica.stop());
    const embeddings = (values: number[]) =>
      ["blip", "fashion"].map((model) => ({ model, revision: "1", vector: vectorOf(...values) }));
    const { changeSeq } = await replica.client.upsert({
      items: [
        { itemId: "far", embeddings: embeddings([30, 40]) },
        { itemId: "near", embeddings: embeddings([3, 4]) },
      ],
    });
    const queries = ["blip_fashion", "fashion_specific"].map((index) => ({ index, vector: vectorOf(3, 3) }));
    const { results } = await replica.client.search({ queries, k: 2, minSeq: changeSeq });
    t.same(
      results.map(({ neighbours }) => neighbours.map(({ itemId, score }) => [itemId, score])),
      [
        [
          ["near", -1],
          ["far", -(27 ** 2 + 37 ** 2)],
        ],
        [
          ["far", 210],
          ["near", 21],
        ],
      ],
    );
    t.same(
      (await replica.client.listIndexes({})).indexes.map(({ metric }) => metric),
      [3, 2],
    );
    const huge = await replica.client
      .upsert({ items: [{ itemId: "huge", embeddings: embeddings([1e16, 0]) }] })
      .then(() => undefined, ConnectError.from);
    t.match([huge?.code, huge?.rawMessage], [Code.InvalidArgument, /at most ±1e15/]);
    const other = await localIndex(sql, { settings: { INDEX_MODELS: "blip=blip_fashion" } });
    t.teardown(() => other.stop());
    const refused = await other.client
      .upsert({ items: [{ itemId: "x", embeddings: embeddings([1, 0]).slice(0, 1) }] })
      .then(() => undefined, ConnectError.from);
    t.match([refused?.code, refused?.rawMessage], [Code.FailedPrecondition, /stored for l2, INDEX_MODELS says cosine/]);
    await t.rejects(checkMetrics(sql, parseModels("blip=blip_fashion")), MetricError);
    await checkMetrics(sql, parseModels(models));
  });
});
