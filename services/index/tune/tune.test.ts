import { Code, ConnectError } from "@connectrpc/connect";
import t from "tap";
import type { TuneResponse } from "../../../gen/flashfit/index/v1/index_pb.ts";
import { startPostgres } from "../../../test/support/postgres.ts";
import { AnnError } from "../ann/ann.ts";
import { indexDatabase, itemOf, localIndex } from "../local-index.ts";
import { PlainEngine } from "../vectors/test-support.ts";

t.test("Tune measures graphs over the stored vectors, proposes one, and leaves nothing behind", async (t) => {
  const server = await startPostgres();
  const sql = await indexDatabase(server.url);
  const engine = new PlainEngine();
  const settings = { INDEX_GRAPH_MIN_ROWS: "100000" };
  const replica = await localIndex(sql, { engine, settings });
  const flat = await localIndex(sql);
  t.teardown(async () => {
    await Promise.all([replica.stop(), flat.stop()]);
    await sql.end({ timeout: 1 });
    await server.stop();
  });
  const { client } = replica;
  const refusal = async (stream: AsyncIterable<unknown>): Promise<ConnectError> => {
    try {
      for await (const _ of stream);
    } catch (error) {
      return ConnectError.from(error);
    }
    throw new Error("expected a refusal, got an answer");
  };
  const index = "clip_fashion";
  t.match(await refusal(client.tune({ index })), { code: Code.FailedPrecondition, rawMessage: /holds 0 vectors/ });
  t.match(await refusal(client.tune({ index: "nope" })), { code: Code.NotFound });
  t.match(await refusal(flat.client.tune({ index })), { code: Code.FailedPrecondition, rawMessage: /no graph engine/ });
  const items = Array.from({ length: 1000 }, (_, n) => itemOf(`i${n}`, [Math.cos(n), Math.sin(n)]));
  const { changeSeq } = await client.upsert({ items });
  await replica.store.applied.reached(changeSeq, AbortSignal.timeout(30_000));

  await t.test("the proposal finds enough; a graph's parameters are tried up to the first that does", async (t) => {
    const messages: TuneResponse[] = [];
    for await (const message of client.tune({ index, queries: 3, factories: ["HNSW8,Flat"] })) messages.push(message);
    const trials = messages.flatMap(({ trial }) => trial ?? []);
    t.same(
      trials.map(({ factory, params }) => [factory, params?.efSearch]),
      [
        ["", 0],
        ["HNSW8,Flat", 16],
      ],
    );
    t.match(trials[1], { recall: 1, memoryBytes: 8000n });
    const { proposal, done, total } = messages.at(-1)!;
    t.equal(proposal?.reachedTarget, true);
    t.equal(done, total);
    t.ok(messages.every((one, at) => at === 0 || one.done >= messages[at - 1]!.done));
    t.ok(messages.some(({ doing }) => /^building HNSW8,Flat/.test(doing)));
    t.equal(engine.graphs.length, 1);
    t.ok(engine.graphs.every(({ closed }) => closed));
  });

  await t.test(
    "who hangs up ends it, one at a time runs, and a graph that the engine refuses is the caller's",
    async (t) => {
      const building = Promise.withResolvers<void>();
      engine.before = async (what) => {
        if (what === "build") building.resolve();
      };
      const gone = new AbortController();
      const first = refusal(client.tune({ index, queries: 2 }, { signal: gone.signal }));
      await building.promise;
      t.match(await refusal(client.tune({ index })), {
        code: Code.FailedPrecondition,
        rawMessage: /another Tune runs/,
      });
      gone.abort();
      t.match(await first, { code: Code.Canceled });
      engine.before = () => {
        throw new AnnError("no such index");
      };
      let refused = await refusal(client.tune({ index, factories: ["X"] }));
      while (/another Tune runs/.test(refused.rawMessage)) {
        await new Promise(setImmediate); // the first one is giving its graph back
        refused = await refusal(client.tune({ index, factories: ["X"] }));
      }
      t.match(refused, { code: Code.InvalidArgument, rawMessage: /^factories\[0\]: no such index/ });
      t.ok(engine.graphs.every(({ closed }) => closed));
    },
  );
});
