import { Code, ConnectError } from "@connectrpc/connect";
import t from "tap";
import { startPostgres } from "../../test/support/postgres.ts";
import { appendItems, readChanges } from "./change-log.ts";
import { indexDatabase, itemOf, localIndex, vectorOf } from "./local-index.ts";

t.test("the Index on a real PostgreSQL", async (t) => {
  const server = await startPostgres();
  const sql = await indexDatabase(server.url);
  t.teardown(async () => {
    await sql.end({ timeout: 1 });
    await server.stop();
  });
  const replica = await localIndex(sql);
  const other = await localIndex(sql);
  t.teardown(() => Promise.all([replica.stop(), other.stop()]));
  const { client } = replica;
  const refusal = (call: Promise<unknown>): Promise<ConnectError> =>
    call.then(
      () => Promise.reject(new Error("expected a refusal, got an answer")),
      (error) => ConnectError.from(error),
    );
  const find = async (from: typeof client, minSeq: bigint, filter = {}) =>
    (await from.search({ queries: [{ index: "clip_fashion", vector: vectorOf(1, 0) }], k: 3, minSeq, filter }))
      .results[0]!.neighbours;

  await t.test("an empty index answers an empty list", async (t) => {
    t.same(await find(client, 0n), []);
  });

  await t.test("a write is read with min_seq, on every replica", async (t) => {
    const items = [
      itemOf("b", [2, 0]),
      itemOf("a", [1, 0]),
      itemOf("c", [0, 1]),
      itemOf("mine", [1, 0], { ownerId: "u" }),
    ];
    const { changeSeq } = await client.upsert({ items });
    t.equal(changeSeq, 4n);
    for (const from of [client, other.client]) {
      t.same(
        (await find(from, changeSeq)).map((one) => [one.itemId, one.score]),
        [
          ["a", 1],
          ["b", 1],
          ["c", 0],
        ],
      );
      t.same(
        (await find(from, changeSeq, { ownerIds: ["u"] })).map((one) => one.itemId),
        ["mine"],
      );
    }
    const [index] = (await client.listIndexes({})).indexes;
    t.match(index, { name: "clip_fashion", dimensions: 2, vectorCount: 4n, engine: "flat" });
  });

  await t.test("get returns the stored unit vector, delete counts what was there", async (t) => {
    const { item } = await client.get({ itemId: "b" });
    t.same(item?.embeddings[0]?.vector, vectorOf(1, 0));
    const { changeSeq, deleted } = await client.delete({ itemIds: ["b", "nobody", "b"] });
    t.same([changeSeq, deleted], [5n, 1]);
    t.same(
      (await find(other.client, changeSeq)).map((one) => one.itemId),
      ["a", "c"],
    );
    t.equal((await refusal(client.get({ itemId: "b" })))?.code, Code.NotFound);
    t.same(await client.delete({ itemIds: ["b"] }).then((one) => [one.changeSeq, one.deleted]), [5n, 0]);
  });

  await t.test("bad requests are refused with the field, and leave nothing", async (t) => {
    const embedding = (model: string, ...values: number[]) => ({ model, revision: "1", vector: vectorOf(...values) });
    const upsert = (...embeddings: ReturnType<typeof embedding>[]) =>
      refusal(client.upsert({ items: [itemOf("ok", [1, 1]), { itemId: "bad", embeddings }] }));
    for (const [embeddings, message] of [
      [[embedding("clip", 1, 0, 0)], /^items\[1\]\.embeddings\[0\]\.vector: must have 2 dimensions.*got 3$/],
      [[embedding("clip", 0, 0)], /^items\[1\]\.embeddings\[0\]\.vector: must not be zero/],
      [[embedding("clip", Number.NaN, 0)], /finite values only, got NaN at position 0/],
      [[embedding("dall-e", 1, 0)], /^items\[1\]\.embeddings\[0\]\.model: unknown model "dall-e"; known: clip, blip/],
      [[embedding("clip", 1, 0), embedding("clip", 1, 0)], /embeddings\[1\]\.model: model "clip" is given twice/],
    ] as const) {
      const error = await upsert(...embeddings);
      t.equal(error?.code, Code.InvalidArgument);
      t.match(error?.rawMessage, message);
    }
    t.equal((await refusal(client.get({ itemId: "a\0" })))?.code, Code.InvalidArgument);
    t.equal((await refusal(client.get({ itemId: "ok" })))?.code, Code.NotFound);
    const search = (index: string, ...values: number[]) =>
      refusal(client.search({ queries: [{ index, vector: vectorOf(...values) }], k: 1 }));
    t.match((await search("nope", 1, 0))?.rawMessage, /there are clip_fashion, blip_fashion, fashion_specific/);
    t.match((await search("clip_fashion", 1))?.rawMessage, /^queries\[0\]\.vector: must have 2 dimensions/);
    const late = await refusal(
      client.search(
        { queries: [{ index: "clip_fashion", vector: vectorOf(1, 0) }], k: 1, minSeq: 99n },
        { timeoutMs: 200 },
      ),
    );
    t.equal(late?.code, Code.DeadlineExceeded);
    t.equal((await client.listIndexes({})).appliedSeq, 5n);
  });

  await t.test("concurrent writers leave no gap, and a reader sees every change in order", async (t) => {
    const { end: from } = await readChanges(sql, 0n, 1);
    const unit = Float32Array.of(1, 0);
    const stored = (itemId: string) => ({
      itemId,
      ownerId: "load",
      category: "",
      colour: "",
      priceCents: 0,
      tags: [],
      embeddings: [{ model: "clip", revision: "1", vector: unit }],
    });
    const total = 8 * 20 * 2;
    const seen: bigint[] = [];
    const reader = (async () => {
      let at = from;
      while (seen.length < total) {
        for (const { seq } of (await readChanges(sql, at, 50)).changes) {
          seen.push(seq);
          at = seq;
        }
      }
    })();
    const writers = Array.from({ length: 8 }, async (_, writer) => {
      for (let n = 0; n < 20; n++) {
        await appendItems(sql, [stored(`w${writer}`), stored(`w${writer}-${n}`)], replica.store.models);
      }
    });
    await Promise.all([...writers, reader]);
    t.same(
      seen,
      Array.from({ length: total }, (_, n) => from + 1n + BigInt(n)),
    );
    const all = { ownerIds: ["load"] };
    t.same(await find(client, from + BigInt(total), all), await find(other.client, from + BigInt(total), all));
    t.equal(replica.store.index("clip_fashion")?.vectors?.count, 3 + 8 + 160);
  });

  await t.test("kill -9 of PostgreSQL: searches go on, what was acknowledged stays, the tail goes on", async (t) => {
    const acknowledged: { id: string; seq: bigint }[] = [];
    let refused = 0;
    let killed = false;
    const enough = Promise.withResolvers<void>();
    const writers = Array.from({ length: 3 }, async (_, writer) => {
      for (let n = 0; !killed || n < 1; n++) {
        const id = `k${writer}-${n}`;
        try {
          acknowledged.push({ id, seq: (await client.upsert({ items: [itemOf(id, [0, 1])] })).changeSeq });
        } catch (error) {
          if (ConnectError.from(error).code !== Code.Unavailable) throw error;
          refused++;
          killed = true; // as far as this writer can tell
        }
        if (acknowledged.length === 20) enough.resolve();
      }
    });
    await enough.promise;
    await server.kill9();
    await Promise.all(writers);
    t.ok(refused > 0, "writes that PostgreSQL did not see are refused with Unavailable");
    t.equal((await find(client, 0n))[0]?.itemId, "a");
    await server.restart();
    const changeSeq = await untilAccepted(() => client.upsert({ items: [itemOf("after", [1, 0])] }));
    for (const from of [client, other.client]) {
      t.ok((await find(from, changeSeq, { ownerIds: [""] })).some((one) => one.itemId === "after"));
    }
    const rows = await sql<{ item_id: string }[]>`select item_id from "index".item`;
    const there = new Set(rows.map((row) => row.item_id));
    t.same(
      acknowledged.filter(({ id }) => !there.has(id)),
      [],
    );
    const [log] = await sql`select count(*)::int as rows, max(change_seq)::int as last from "index".change`;
    t.equal(log?.rows, log?.last, "no gap");
    t.equal(replica.tail.connected, true);
  });

  await t.test("a new replica starts with the current items", async (t) => {
    const third = await localIndex(sql);
    t.teardown(() => third.stop());
    t.equal(third.store.applied.value, replica.store.applied.value);
    t.same(await find(third.client, 0n), await find(client, 0n));
    const text = await third.registry.metrics();
    t.match(text, /faiss_index_health_score\{index="clip_fashion"\} 1\n/);
    t.match(text, /faiss_search_duration_seconds_count\{index="clip_fashion",engine="flat",plan="exact-rows"\} 1\n/);
  });
});

/** What Envoy does for idempotent calls: again, as long as the answer is Unavailable. */
async function untilAccepted(write: () => Promise<{ changeSeq: bigint }>): Promise<bigint> {
  for (let attempt = 1; ; attempt++) {
    try {
      return (await write()).changeSeq;
    } catch (error) {
      if (attempt === 50 || ConnectError.from(error).code !== Code.Unavailable) throw error;
    }
  }
}
