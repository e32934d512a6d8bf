import { Code, ConnectError } from "@connectrpc/connect";
import t from "tap";
import { startPostgres } from "../../test/support/postgres.ts";
import type { AnsweredSearch } from "./events.ts";
import { type IndexServiceClient, indexDatabase, itemOf, localIndex, vectorOf } from "./local-index.ts";

/** All messages of a stream. */
async function all<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const messages: T[] = [];
  for await (const message of stream) messages.push(message);
  return messages;
}

const refusal = (call: Promise<unknown>): Promise<ConnectError> =>
  call.then(
    () => Promise.reject(new Error("expected a refusal, got an answer")),
    (error) => ConnectError.from(error),
  );

/** So many items on a quarter of a circle, nearest to [1, 0] first. */
const quarter = (count: number) =>
  Array.from({ length: count }, (_, n) => {
    const angle = (n / count) * (Math.PI / 2);
    return itemOf(`i${String(n).padStart(3, "0")}`, [Math.cos(angle), Math.sin(angle)], {
      category: n % 2 ? "hat" : "shoes",
      priceCents: n,
      tags: n % 3 ? ["summer"] : ["summer", "linen", "linen"],
    });
  });

t.test("what the Index promises, on a real PostgreSQL", async (t) => {
  const server = await startPostgres();
  const sql = await indexDatabase(server.url);
  t.teardown(async () => {
    await sql.end({ timeout: 1 });
    await server.stop();
  });
  const replica = await localIndex(sql);
  t.teardown(() => replica.stop());
  const { client } = replica;
  const { changeSeq } = await client.upsert({ items: quarter(60) });
  const queries = [{ index: "clip_fashion", vector: vectorOf(1, 0) }];
  const idsOf = (answer: Awaited<ReturnType<IndexServiceClient["search"]>>) =>
    answer.results[0]!.neighbours.map(({ itemId }) => itemId);
  const nearest = idsOf(await client.search({ queries, k: 60, minSeq: changeSeq }));

  await t.test("who watches is told of every answer, with what was asked and the state that it saw", async (t) => {
    const told: AnsweredSearch[] = [];
    const end = replica.events.on("answered", (event) => told.push(event));
    const answer = await client.search({ queries: [...queries, ...queries], k: 2, filter: { categories: ["hat"] } });
    end();
    await client.search({ queries, k: 2 });
    t.equal(told.length, 2);
    t.match(told[0], { index: "clip_fashion", k: 2, exact: false, seq: answer.appliedSeq });
    t.same(told[0]?.filter?.categories, ["hat"]);
    t.same(
      told.map((one) => one.answer.neighbours.map(({ itemId }) => itemId)),
      answer.results.map(({ neighbours }) => neighbours.map(({ itemId }) => itemId)),
    );
  });

  await t.test("price and tags narrow a search; attributes are answered when asked for", async (t) => {
    const filter = { minPriceCents: 10, maxPriceCents: 20, allTags: ["linen", "summer"], categories: ["hat"] };
    const answer = await client.search({ queries, k: 60, filter, withAttributes: true });
    t.same(idsOf(answer), ["i015"]);
    t.match(answer.results[0]?.neighbours[0]?.attributes, {
      priceCents: 15,
      tags: ["summer", "linen"],
      category: "hat",
    });
    t.same(idsOf(await client.search({ queries, k: 60, filter: { anyTags: ["nowhere"] } })), []);
  });

  await t.test("a least score, a plan, and range search agree", async (t) => {
    const { results } = await client.search({ queries, k: 60, minScore: 0.5, explain: true });
    const range = await all(client.rangeSearch({ query: queries[0]!, minScore: 0.5 }));
    t.same(
      range.flatMap(({ neighbours }) => neighbours),
      results[0]?.neighbours,
    );
    t.ok(results[0]!.neighbours.every(({ score }) => score >= 0.5));
    t.match(results[0]?.plan, { engine: "flat", candidates: 60n, kind: 1 });
    const [cut] = await all(client.rangeSearch({ query: queries[0]!, minScore: 0.5, limit: 4 }));
    t.same([cut?.neighbours.length, cut?.more], [4, true]);
    const none = await all(client.rangeSearch({ query: queries[0]!, minScore: 1.5 }));
    t.same([none.length, none[0]?.neighbours.length, none[0]?.more], [1, 0, false]);
  });

  await t.test("pages are together the whole list, also while new items come in", async (t) => {
    const seen: string[] = [];
    let pageToken = "";
    do {
      const answer = await client.search({ queries, k: 7, paged: true, pageToken });
      seen.push(...idsOf(answer));
      if (pageToken === "") await client.upsert({ items: [itemOf("better", [1, 0])] });
      pageToken = answer.nextPageToken;
    } while (pageToken);
    t.same(seen, nearest);
    await client.delete({ itemIds: ["better"] });
    const wrong = await refusal(client.search({ queries, k: 7, pageToken: "x" }));
    t.match([wrong.code, wrong.rawMessage], [Code.InvalidArgument, /^page_token: must be the next_page_token/]);
  });

  await t.test("diversity spreads what is found, and does not go with pages", async (t) => {
    const minSeq = (await client.delete({ itemIds: ["better"] })).changeSeq;
    const diverse = idsOf(await client.search({ queries, k: 3, minSeq, diversity: { lambda: 0.2, pool: 60 } }));
    t.equal(diverse[0], nearest[0]);
    t.equal(diverse[1], nearest.at(-1));
    const small = await refusal(client.search({ queries, k: 5, diversity: { pool: 4 } }));
    t.match(small.rawMessage, /^diversity.pool: must be at least k, 5; got 4/);
    t.match((await refusal(client.search({ queries, k: 5, paged: true, diversity: {} }))).code, Code.InvalidArgument);
  });

  await t.test("list gives all items by id, page by page, with the same filters", async (t) => {
    const seen: string[] = [];
    let pageToken = "";
    do {
      const page = await client.list({ pageSize: 7, pageToken, filter: { allTags: ["linen"], maxPriceCents: 40 } });
      seen.push(...page.items.map(({ itemId }) => itemId));
      t.ok(page.items.every(({ embeddings }) => embeddings.length === 0));
      pageToken = page.nextPageToken;
    } while (pageToken);
    t.same(seen, [
      "i003",
      "i006",
      "i009",
      "i012",
      "i015",
      "i018",
      "i021",
      "i024",
      "i027",
      "i030",
      "i033",
      "i036",
      "i039",
    ]);
    const [first] = (await client.list({ pageSize: 1, withEmbeddings: true })).items;
    t.same(first, (await client.get({ itemId: "i000" })).item);
    t.equal((await refusal(client.list({ pageToken: "x" }))).code, Code.InvalidArgument);
  });

  await t.test("all items of a person go at once, the catalogue stays", async (t) => {
    const mine = [itemOf("m1", [1, 0], { ownerId: "ann" }), itemOf("m2", [1, 0], { ownerId: "ann" })];
    await client.upsert({ items: [...mine, itemOf("b1", [1, 0], { ownerId: "bob" })] });
    const gone = await client.deleteByOwner({ ownerId: "ann" });
    t.equal(gone.deleted, 2n);
    const owners = { ownerIds: ["ann", "bob"] };
    t.same(idsOf(await client.search({ queries, k: 9, minSeq: gone.changeSeq, filter: owners })), ["b1"]);
    t.same(await client.deleteByOwner({ ownerId: "ann" }).then((one) => [one.changeSeq, one.deleted]), [
      gone.changeSeq,
      0n,
    ]);
    await client.deleteByOwner({ ownerId: "bob" });
    t.equal((await client.list({ pageSize: 1000 })).items.length, 60);
  });

  await t.test("verify finds nothing while items are written, and every item that differs", async (t) => {
    const stop = new AbortController();
    const writing = (async () => {
      for (let n = 0; !stop.signal.aborted; n++) await client.upsert({ items: [itemOf(`i00${n % 10}`, [1, n])] });
    })();
    const well = (await all(client.verify({ vectorShare: 1 }))).at(-1)!;
    stop.abort();
    await writing;
    t.match(well, { done: true, differences: 0n, examples: [], vectorsChecked: 60n });
    const vectors = replica.store.index("clip_fashion")!.vectors!;
    const codes = { owner: 0, category: 0, colour: 0 };
    vectors.remove("i020");
    vectors.add({ itemId: "i020", ...codes }, Float32Array.of(0, 1));
    vectors.remove("i021");
    await sql`delete from "index".item where item_id = 'i022'`;
    await sql`update "index".change set category = 'coat' where item_id = 'i023'`;
    const bad = (await all(client.verify({ vectorShare: 1 }))).at(-1)!;
    t.same(bad.examples.map(({ itemId, description }) => [itemId, description]).sort(), [
      ["i020", "clip_fashion: another vector in memory than in the store of record"],
      ["i021", "clip_fashion: no vector in memory, one in the store of record"],
      ["i022", "in memory, not in the store of record"],
      ["i023", "category: hat in memory, coat in the store of record"],
    ]);
    t.equal(bad.differences, 4n);
  });

  await t.test("benchmark measures recall and time with stored vectors", async (t) => {
    const messages = await all(client.benchmark({ index: "clip_fashion", queries: 30, k: 5, seed: 3 }));
    const { result } = messages.at(-1)!;
    t.match(result, { engine: "flat", queries: 30, k: 5, recall: 1 });
    t.ok(result!.recallLow > 0.9 && result!.recallLow < 1);
    t.ok(result!.p50Ms <= result!.p95Ms && result!.p95Ms <= result!.p99Ms);
    t.ok(messages.length > 5, "it says how far it is");
    const empty = await refusal(all(client.benchmark({ index: "blip_fashion" })));
    t.match([empty.code, empty.rawMessage], [Code.FailedPrecondition, /holds 0 vectors/]);
    t.equal((await refusal(all(client.benchmark({ index: "nope" })))).code, Code.NotFound);
  });
});
