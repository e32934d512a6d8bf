import { Code, ConnectError } from "@connectrpc/connect";
import t from "tap";
import { startPostgres } from "../../test/support/postgres.ts";
import { bytesFromFloats } from "../kit/vector.ts";
import { freshFusion, fusionDatabase, plainPhoto } from "./local-fusion.ts";

const server = await startPostgres();
const sql = await fusionDatabase(server.url);
t.teardown(async () => {
  await sql.end({ timeout: 1 });
  await server.stop();
});

const cosines = (...values: number[]) => bytesFromFloats(Float32Array.from(values));
const request = {
  itemIds: ["a", "b", "c"],
  scores: [
    { model: "clip", cosines: cosines(0.1, 0.9, 0.5) },
    { model: "fashion", cosines: cosines(0.2, Number.NaN, 0.8) },
  ],
};

t.test(
  "candidates are ordered by reciprocal rank fusion, the parts sum to the score, and it is recorded",
  async (t) => {
    const { recommender, upstreams } = await freshFusion(sql);
    const answer = await recommender.rerank({ ...request, explain: true });
    t.same(
      answer.items.map(({ id }) => id),
      ["c", "a", "b"],
    );
    for (const { score, parts, propensity } of answer.items) {
      t.ok(Math.abs(parts.reduce((sum, { contribution }) => sum + contribution, 0) - score) < 1e-6);
      t.equal(propensity, 1);
    }
    t.match(answer, { policy: "baseline", degraded: [], weights: { clip: 0.5, fashion: 0.5 } });
    const short = await recommender.rerank({ ...request, k: 2 });
    t.same(
      short.items.map(({ id, parts }) => [id, parts.length]),
      [
        ["c", 0],
        ["a", 0],
      ],
    );
    t.match(upstreams.recorded, [
      { id: answer.recommendationId, kind: "rerank", items: { length: 3 } },
      { id: short.recommendationId, items: { length: 2 } },
    ]);
    t.notOk(upstreams.calls.includes("search"), "nothing is looked for");
  },
);

t.test("of a list of a thousand all are ordered and the best hundred recorded", async (t) => {
  const { recommender, upstreams } = await freshFusion(sql);
  const itemIds = Array.from({ length: 1000 }, (_, n) => `item-${n}`);
  const scores = [{ model: "clip", cosines: cosines(...itemIds.map((_, n) => (n * 7919) % 1000)) }];
  const { items } = await recommender.rerank({ itemIds, scores, userId: "anna" });
  t.equal(new Set(items.map(({ id }) => id)).size, 1000);
  t.same(
    items.map(({ score }) => score),
    items.map(({ score }) => score).sort((a, b) => b - a),
  );
  t.equal(upstreams.recorded[0]?.items.length, 100);
});

t.test("lists of another length, a model twice and bad text are refused under their names", async (t) => {
  const { recommender } = await freshFusion(sql);
  const refused = async (change: object, message: RegExp) => {
    const error = await recommender.rerank({ ...request, ...change }).then(
      () => new Error("was answered"),
      (reason: unknown) => reason,
    );
    t.match(ConnectError.from(error), { code: Code.InvalidArgument, rawMessage: message });
  };
  await refused({ scores: [{ model: "clip", cosines: cosines(1, 2) }] }, /^scores\[0\]\.cosines: .*12 bytes, got 8/);
  await refused({ scores: [request.scores[0], request.scores[0]] }, /^scores\[1\]\.model/);
  await refused({ itemIds: ["a", "b\0", "c"] }, /^item_ids/);
});

t.test(
  "what the Index knows counts for a person, but not what is somebody else's; without it the answer says so",
  async (t) => {
    const { recommender, wardrobe, upstreams } = await freshFusion(sql);
    const add = async (ownerId: string, red: number) =>
      (await wardrobe.addGarment({ garment: { ownerId, photo: await plainPhoto(red) } })).garment?.id ?? "";
    const [own, shared, others] = [await add("anna", 1), await add("", 2), await add("bert", 3)];
    const asked = { itemIds: [own, shared, others], scores: [{ model: "clip", cosines: cosines(0.3, 0.2, 0.1) }] };
    await recommender.rerank({ ...asked, userId: "anna" });
    t.same(
      upstreams.recorded[0]?.items.map(({ itemId, category }) => [itemId, category]),
      [
        [own, "t-shirt"],
        [shared, "t-shirt"],
        [others, ""],
      ],
    );
    upstreams.replace.index = {
      batchGet() {
        throw new ConnectError("away", Code.Unavailable);
      },
    };
    const unknown = { ...asked, itemIds: [own, shared, "elsewhere"] };
    const { degraded, items } = await recommender.rerank({ ...unknown, userId: "anna" });
    t.same([degraded, items.length], [["index"], 3]);
  },
);
