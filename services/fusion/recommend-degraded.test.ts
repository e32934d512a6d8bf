import { Code, ConnectError } from "@connectrpc/connect";
import t from "tap";
import { codeOf, refusal } from "../../test/support/calls.ts";
import { startPostgres } from "../../test/support/postgres.ts";
import { bytesFromFloats } from "../kit/vector.ts";
import { fusionDatabase, plainPhoto, stockedFusion } from "./local-fusion.ts";

const server = await startPostgres();
const sql = await fusionDatabase(server.url);
t.teardown(async () => {
  await sql.end({ timeout: 1 });
  await server.stop();
});

const stocked = (count: number) => stockedFusion(sql, count);

t.test("a part that is away is left out and named", async (t) => {
  const { recommender, upstreams } = await stocked(3);
  const query = { case: "photo", value: await plainPhoto(1) } as const;
  upstreams.replace.feedback = {
    getProfile: () => {
      throw new ConnectError("away", Code.Unavailable);
    },
  };
  const { encoder } = upstreams;
  const whole = await encoder.encode({ input: query });
  upstreams.replace.encoder = {
    encode: () => ({
      ...whole,
      embeddings: whole.embeddings.filter(({ model }) => model !== "blip"),
      unavailable: ["blip"],
    }),
  };
  const answer = await recommender.recommend({ query, userId: "anna" });
  t.same(answer.degraded, ["feedback", "model:blip"]);
  t.same(answer.weights, { clip: 0.5, fashion: 0.5 });
  t.equal(answer.items.length, 3);
  t.same(Object.keys(answer.items[0]?.scores ?? {}).sort(), ["clip", "fashion"]);
});

t.test("a search does not wait for the person's taste, which it does not need", async (t) => {
  const { recommender, upstreams, ids } = await stocked(2);
  const { index } = upstreams;
  const { items } = await index.batchGet({ itemIds: ids });
  const searched = Promise.withResolvers<void>();
  upstreams.replace.feedback = {
    getProfile: () => ({ profile: { itemWeights: [{ itemId: ids[0] ?? "", weight: 1 }] } }),
  };
  upstreams.replace.index = {
    search({ queries }) {
      searched.resolve();
      return { results: queries.map((query) => ({ index: query.index })) };
    },
    async batchGet() {
      await searched.promise;
      return { items };
    },
  };
  const answer = await recommender.recommend({ query: { case: "text", value: "x" }, userId: "anna" });
  t.same(answer.degraded, []);
});

t.test("a part that refuses what it is asked is a mistake of ours, and not left out", async (t) => {
  const { recommender, upstreams } = await stocked(1);
  const query = { case: "text", value: "x" } as const;
  upstreams.replace.index = {
    batchGet() {
      throw new ConnectError("no such field", Code.InvalidArgument);
    },
  };
  t.equal(await codeOf(recommender.recommend({ query })), Code.FailedPrecondition);
});

t.test("a Feedback with a defect is done without, as one that is away", async (t) => {
  const { recommender, upstreams } = await stocked(1);
  upstreams.replace.feedback = {
    getProfile() {
      throw new TypeError("a defect");
    },
  };
  const { degraded, items } = await recommender.recommend({ query: { case: "text", value: "x" }, userId: "anna" });
  t.same([degraded, items.length], [["feedback"], 1]);
});

t.test("a Feedback that does not answer is not waited for", async (t) => {
  const { recommender, upstreams } = await stocked(1);
  upstreams.replace.feedback = {
    getProfile: (_, { signal }) => new Promise((_, reject) => signal.addEventListener("abort", reject)),
  };
  const { degraded, items } = await recommender.recommend({ query: { case: "text", value: "x" }, userId: "anna" });
  t.same([degraded, items.length], [["feedback"], 1]);
});

t.test("an index that is not there or behind is left out and named", async (t) => {
  const { recommender, upstreams, ids } = await stocked(2);
  let there = ["clip_fashion", "fashion_specific"];
  upstreams.replace.index = {
    listIndexes: () => ({ indexes: there.map((name) => ({ name })) }),
    search(request) {
      if (request.queries.some(({ index }) => !there.includes(index)))
        throw new ConnectError("no such index", Code.NotFound);
      if (request.minSeq > 0n) throw new ConnectError("not there yet", Code.DeadlineExceeded);
      const neighbours = ids.map((itemId) => ({ itemId, score: 0.5 }));
      return { results: request.queries.map(({ index }) => ({ index, neighbours })) };
    },
  };
  const query = { case: "text", value: "x" } as const;
  const answer = await recommender.recommend({ query });
  t.same([answer.degraded, answer.items.length], [["index:behind", "index:blip_fashion"], 2]);
  there = [];
  t.equal(await codeOf(recommender.recommend({ query })), Code.Unavailable);
});

t.test("no model at all, an encoder that is away, vectors that do not fit: each says what it is", async (t) => {
  const { recommender, upstreams } = await stocked(1);
  const query = { case: "text", value: "x" } as const;
  upstreams.replace.encoder = { encode: () => ({ unavailable: ["clip", "blip", "fashion"] }) };
  t.match(await refusal(recommender.recommend({ query })), {
    code: Code.Unavailable,
    rawMessage: /clip, blip, fashion/,
  });
  upstreams.replace.encoder = {
    encode() {
      throw new ConnectError("loading", Code.Unavailable);
    },
  };
  t.match(await refusal(recommender.recommend({ query })), { code: Code.Unavailable, rawMessage: "encoder: loading" });
  upstreams.replace.encoder = {
    encode: () => ({ embeddings: [{ model: "clip", vector: bytesFromFloats(Float32Array.of(1)) }] }),
  };
  upstreams.replace.index = {
    search() {
      throw new ConnectError("wrong length", Code.InvalidArgument);
    },
  };
  t.equal(await codeOf(recommender.recommend({ query })), Code.FailedPrecondition);
});
