import { Code, ConnectError } from "@connectrpc/connect";
import t from "tap";
import { Scope } from "../../gen/flashfit/fusion/v1/fusion_pb.ts";
import { codeOf, refusal } from "../../test/support/calls.ts";
import { startPostgres } from "../../test/support/postgres.ts";
import { floatsFromBytes } from "../kit/vector.ts";
import { freshFusion, fusionDatabase, plainPhoto, stockedFusion } from "./local-fusion.ts";
import { ITEM_FEATURES, ITEM_LAYOUT } from "./ranking/layout.ts";

const server = await startPostgres();
const sql = await fusionDatabase(server.url);
t.teardown(async () => {
  await sql.end({ timeout: 1 });
  await server.stop();
});

const stocked = (count: number, ownerId?: string) => stockedFusion(sql, count, ownerId);

t.test("the photo of a garment finds that garment first, and says why", async (t) => {
  const { recommender, ids } = await stocked(12);
  const photo = await plainPhoto(7);
  const answer = await recommender.recommend({ query: { case: "photo", value: photo } });
  t.equal(answer.items.length, 10);
  const [first] = answer.items;
  t.match(first, { id: ids[7], category: "t-shirt", colour: "red", caption: "a red t-shirt", owned: false });
  t.equal(first?.reason, "blip, clip and fashion rank it first; same category and colour as the photo: red t-shirt");
  for (const model of ["clip", "blip", "fashion"]) t.ok(Math.abs((first?.scores[model] ?? 0) - 1) < 1e-6);
  t.equal(first?.score, 0.9, "first in every list, and a tenth is for diversity");
  t.same(
    first?.parts.map(({ name, contribution }) => [name, contribution]),
    [
      ["rank.blip", 0.3],
      ["rank.clip", 0.3],
      ["rank.fashion", 0.3],
    ],
  );
  for (const { score, parts } of answer.items) {
    const sum = parts.reduce((total, { contribution }) => total + contribution, 0);
    t.ok(Math.abs(sum - score) < 1e-6, "the parts sum to the score, to six decimals");
  }
  t.same(
    answer.items.map(({ score }) => score),
    answer.items.map(({ score }) => score).sort((a, b) => b - a),
  );
  t.equal(answer.policy, "baseline");
  t.same(answer.degraded, []);
  t.match(answer.understanding, { category: "t-shirt", colour: "red", caption: "a red t-shirt" });
  t.ok(Math.abs(Object.values(answer.weights).reduce((a, b) => a + b, 0) - 1) < 1e-6);
});

t.test("a sentence is answered as well, k and the category are kept to", async (t) => {
  const { recommender, wardrobe } = await stocked(4);
  const hat = (await wardrobe.addGarment({ garment: { photo: await plainPhoto(50), category: "hat" } })).garment?.id;
  const query = { case: "text", value: "a hat" } as const;
  t.equal((await recommender.recommend({ query, k: 3 })).items.length, 3);
  const { items, understanding } = await recommender.recommend({ query, categories: ["hat"] });
  t.same([items.map(({ id }) => id), understanding], [[hat], undefined]);
});

t.test("what goes with a garment does not contain it; a garment of somebody else is not found", async (t) => {
  const { recommender, wardrobe, ids } = await stocked(4);
  const query = { case: "itemId", value: ids[0] ?? "" } as const;
  const { items, weights } = await recommender.recommend({ query, models: ["clip"] });
  t.same(items.map(({ id }) => id).sort(), ids.slice(1).sort());
  t.same(weights, { clip: 1 });
  const own =
    (await wardrobe.addGarment({ garment: { ownerId: "anna", photo: await plainPhoto(9) } })).garment?.id ?? "";
  t.equal((await recommender.recommend({ query: { case: "itemId", value: own }, userId: "anna" })).items.length, 4);
  for (const value of [own, "nonsense", "00000000-0000-8000-8000-000000000000"]) {
    t.equal(await codeOf(recommender.recommend({ query: { case: "itemId", value }, userId: "bert" })), Code.NotFound);
  }
});

t.test(
  "the vectors of a garment that is asked for again are remembered, and asked for anew when they do not fit",
  async (t) => {
    const { recommender, upstreams, ids } = await stocked(4);
    const ask = () => recommender.recommend({ query: { case: "itemId", value: ids[0] ?? "" } });
    const asked = (name: string) => upstreams.calls.filter((call) => call === name).length;
    const first = await ask();
    t.equal(asked("get"), 1);
    const order = ({ items }: typeof first) => items.map(({ id, scores }) => [id, scores]);
    t.same(order(await ask()), order(first));
    t.equal(asked("get"), 1, "not asked again");

    // Its models are others now: what is remembered has another length.
    const fitting = 6;
    for (const item of upstreams.items.values()) {
      for (const embedding of item.embeddings) embedding.vector = embedding.vector.slice(0, 4 * fitting);
    }
    const refuses = ({ queries }: { queries: { vector: Uint8Array }[] }) => {
      if (queries.some(({ vector }) => vector.byteLength !== 4 * fitting)) {
        throw new ConnectError(`expected ${fitting} values`, Code.InvalidArgument);
      }
      const neighbours = ids.slice(1).map((itemId) => ({ itemId, score: 0.5 }));
      return { results: queries.map(() => ({ neighbours })) };
    };
    upstreams.replace.index = { search: refuses };
    t.equal((await ask()).items.length, 3);
    t.equal(asked("get"), 2);
    upstreams.replace.index = {
      search() {
        throw new ConnectError("never fits", Code.InvalidArgument);
      },
    };
    t.equal(await codeOf(ask()), Code.FailedPrecondition, "asked anew once, not for ever");
  },
);

t.test("own garments are searched for their owner only, and marked", async (t) => {
  const { recommender } = await stocked(3, "anna");
  const query = { case: "photo", value: await plainPhoto(1) } as const;
  t.same(
    (await recommender.recommend({ query, userId: "anna" })).items.map(({ owned }) => owned),
    [true, true, true],
  );
  t.same((await recommender.recommend({ query, userId: "bert" })).items, []);
  t.same((await recommender.recommend({ query })).items, []);
});

t.test("what was disliked is left out, what was liked says so", async (t) => {
  const { recommender, upstreams, ids } = await stocked(6);
  upstreams.replace.feedback = {
    getProfile: () => ({ profile: { likedItemIds: ids.slice(1, 2), dislikedItemIds: ids.slice(0, 1) } }),
  };
  const query = { case: "text", value: "something" } as const;
  const { items, degraded } = await recommender.recommend({ query, userId: "anna" });
  t.same(items.map(({ id }) => id).sort(), ids.slice(1).sort());
  t.match(items.find(({ id }) => id === ids[1])?.reason, /you liked it before/);
  t.same(degraded, []);
});

t.test("what the index finds and nobody may see is not shown", async (t) => {
  const { recommender, upstreams, ids } = await stocked(2);
  const lost = "00000000-0000-8000-8000-000000000000";
  upstreams.replace.index = {
    search: ({ queries }) => ({
      results: queries.map(({ index }) => ({
        index,
        neighbours: ["no uuid", lost, ...ids].map((itemId, i) => ({ itemId, score: 1 - i / 10 })),
      })),
    }),
  };
  const { items } = await recommender.recommend({ query: { case: "text", value: "x" } });
  t.same(
    items.map(({ id }) => id),
    ids,
  );
  t.match(items[0]?.reason, "rank it first");
});

t.test("an unknown model is not found, and the known ones are named", async (t) => {
  const { recommender } = await freshFusion(sql);
  const error = await refusal(recommender.recommend({ query: { case: "text", value: "x" }, models: ["clip", "nope"] }));
  t.match(error, { code: Code.NotFound, rawMessage: /"nope".*blip, clip, fashion/ });
});

t.test("a recommendation is recorded as shown; that it cannot be is no reason not to show it", async (t) => {
  const { recommender, upstreams } = await stocked(2);
  const query = { case: "text", value: "x" } as const;
  const shown = await recommender.recommend({ query, userId: "anna" });
  const [recorded, ...more] = upstreams.recorded;
  t.same(more, []);
  t.match(recorded, {
    id: shown.recommendationId,
    userId: "anna",
    kind: "text",
    queryItemId: "",
    policy: "baseline",
    degraded: [],
    weights: shown.weights,
    layout: "item/1",
  });
  t.same(
    recorded?.items.map(({ itemId, score, propensity, category, colour }) => [
      itemId,
      score,
      propensity,
      category,
      colour,
    ]),
    shown.items.map(({ id, score, propensity, category, colour }) => [id, score, propensity, category, colour]),
  );
  for (const { features } of recorded?.items ?? []) t.ok(features.length > 0 && features.length % 4 === 0);
  const numbers = (bytes: Uint8Array) => [...floatsFromBytes(bytes)];
  t.same(
    numbers(recorded?.expectedFeatures.baseline ?? new Uint8Array()),
    recorded?.items.flatMap(({ features }) => numbers(features)),
    "a policy without chance is expected to show what it shows",
  );
  upstreams.replace.feedback = {
    recordRecommendations() {
      throw new ConnectError("away", Code.Unavailable);
    },
  };
  const unrecorded = await recommender.recommend({ query });
  t.same([unrecorded.degraded, unrecorded.items.length], [["recommendation_log"], 2]);
});

t.test("scope, tags and price are kept to, in each of their forms", async (t) => {
  const { recommender, wardrobe } = await freshFusion(sql);
  const add = async (n: number, garment: object) =>
    (await wardrobe.addGarment({ garment: { photo: await plainPhoto(n), ...garment } })).garment?.id ?? "";
  const party = await add(1, { tags: ["party", "summer", "party"], priceCents: 500 });
  const office = await add(2, { tags: ["office", "winter"], priceCents: 1500 });
  const own = await add(3, { ownerId: "anna" });
  const found = async (request: object) => {
    const query = { case: "text", value: "x" } as const;
    const { items } = await recommender.recommend({ query, userId: "anna", ...request });
    const home = (await recommender.recommend({ userId: "anna", ...request })).items;
    t.same(home.map(({ id }) => id).sort(), items.map(({ id }) => id).sort(), "so at home");
    return items.map(({ id }) => id).sort();
  };
  t.same(await found({}), [party, office, own].sort());
  t.same(await found({ scope: Scope.WARDROBE }), [own]);
  t.same(await found({ scope: Scope.CATALOGUE }), [party, office].sort());
  t.same(await found({ occasions: ["party", "office"] }), [party, office].sort());
  t.same(await found({ occasions: ["party", "office"], seasons: ["winter", "spring"] }), [office]);
  t.same(await found({ occasions: ["party"], seasons: ["winter"] }), []);
  t.same(await found({ minPriceCents: 500, maxPriceCents: 1499 }), [party]);
  const [shown] = (await recommender.recommend({ occasions: ["party"] })).items;
  t.match(shown, { id: party, priceCents: 500, tags: ["party", "summer"] });
  const nobody = recommender.recommend({ scope: Scope.WARDROBE });
  t.match(await refusal(nobody), { code: Code.InvalidArgument, rawMessage: /^user_id/ });
});

t.test("without a query there is a home feed: what is near to what was liked, and what is new", async (t) => {
  const { recommender, upstreams, ids } = await stocked(60);
  upstreams.calls.length = 0;
  const stranger = await recommender.recommend({ k: 5, diversity: 0 });
  t.same(
    stranger.items.map(({ id }) => id),
    ids.slice(-5).reverse(),
    "the newest first",
  );
  t.equal(stranger.items[0]?.reason, "among the newest");
  t.same([stranger.weights, stranger.degraded], [{ newest: 1 }, []]);
  t.notOk(upstreams.calls.includes("encode"));
  const [liked, disliked] = [ids[3] ?? "", ids[59] ?? ""];
  upstreams.replace.feedback = {
    getProfile: () => ({
      profile: {
        likedItemIds: [liked],
        dislikedItemIds: [disliked],
        itemWeights: [
          { itemId: liked, weight: 1 },
          { itemId: disliked, weight: -1 },
        ],
      },
    }),
  };
  const { items, weights } = await recommender.recommend({ userId: "anna", k: 50, diversity: 0 });
  t.same(Object.keys(weights).sort(), ["blip", "clip", "fashion", "newest"]);
  t.notOk(
    items.some(({ id }) => id === liked || id === disliked),
    "what was answered to is not shown again",
  );
  const near = items.find(({ scores }) => Object.keys(scores).length === 3);
  t.match(near?.reason, /^near to what you liked: /);
  t.equal(upstreams.recorded.at(-1)?.kind, "home");
});

t.test("what others like is in the home feed, and only what may be seen of it", async (t) => {
  const { recommender, upstreams, ids, follow } = await stocked(3);
  const stop = new AbortController();
  const told = Promise.withResolvers<void>();
  upstreams.replace.feedback = {
    async *watchLearning(_, { signal }) {
      yield { common: { popularity: { [ids[0] ?? ""]: 0.9, "no garment": 1 } } };
      told.resolve();
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
    },
  };
  const following = follow(stop.signal);
  await told.promise;
  const { items, weights } = await recommender.recommend({ diversity: 0 });
  t.same(Object.keys(weights).sort(), ["newest", "popular"]);
  t.equal(items[0]?.id, ids[0]);
  t.equal(items[0]?.reason, "popular with others; among the newest");
  stop.abort();
  await following;
});

t.test("a policy is the person's own or the one that is asked for; an unknown one is not found", async (t) => {
  const { recommender, upstreams, follow } = await stocked(12);
  const stop = new AbortController();
  const told = Promise.withResolvers<void>();
  const prior = priorOn("fusion.rrf");
  upstreams.replace.feedback = {
    getProfile: () => ({ profile: { policy: "adaptive" } }),
    async *watchLearning(_, { signal }) {
      yield {
        common: { priors: [prior], policies: [{ name: "convex", weights: { clip: 0.5, blip: 0.25, fashion: 0.25 } }] },
      };
      told.resolve();
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
    },
  };
  const query = { case: "photo", value: await plainPhoto(7) } as const;
  const early = await recommender.recommend({ query, userId: "anna" });
  t.same([early.policy, early.degraded], ["baseline", ["feedback"]], "nothing was told yet");
  const following = follow(stop.signal);
  await told.promise;
  const own = await recommender.recommend({ query, userId: "anna" });
  t.same([own.policy, own.degraded], ["adaptive", []]);
  t.ok(own.items.every(({ propensity }) => propensity > 0 && propensity <= 1));
  for (const { score, parts } of own.items) {
    t.ok(Math.abs(parts.reduce((total, { contribution }) => total + contribution, 0) - score) < 1e-6);
  }
  const convex = await recommender.recommend({ query, userId: "anna", policy: "convex" });
  t.same([convex.policy, convex.weights], ["convex", { clip: 0.5, blip: 0.25, fashion: 0.25 }]);
  t.equal((await recommender.recommend({ query })).policy, "baseline");
  const error = await refusal(recommender.recommend({ query, policy: "best" }));
  t.match(error, { code: Code.NotFound, rawMessage: /"best".*adaptive, baseline, convex/ });
  stop.abort();
  await following;
});

/** A belief that only this feature counts, and hardly any doubt. */
function priorOn(feature: string) {
  const d = ITEM_FEATURES.length;
  const mean = Float64Array.from(ITEM_FEATURES, (name) => (name === feature ? 1 : 0));
  const covariance = new Float64Array(d * d);
  for (let i = 0; i < d; i++) covariance[i * d + i] = 1e-9;
  return { layout: ITEM_LAYOUT, mean: new Uint8Array(mean.buffer), covariance: new Uint8Array(covariance.buffer) };
}
