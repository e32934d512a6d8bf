import { Code, ConnectError } from "@connectrpc/connect";
import t from "tap";
import { Scope } from "../../../gen/flashfit/fusion/v1/fusion_pb.ts";
import { Slot } from "../../../gen/flashfit/fusion/v1/outfit_pb.ts";
import type { Filter } from "../../../gen/flashfit/index/v1/index_pb.ts";
import { codeOf } from "../../../test/support/calls.ts";
import { startPostgres } from "../../../test/support/postgres.ts";
import { floatsFromBytes } from "../../kit/vector.ts";
import { freshFusion, fusionDatabase, plainPhoto } from "../local-fusion.ts";
import { DIMENSIONS } from "./layout.ts";
import { outfitId } from "./outfit-id.ts";

const server = await startPostgres();
const sql = await fusionDatabase(server.url);
t.teardown(async () => {
  await sql.end({ timeout: 1 });
  await server.stop();
});

const CATALOGUE = [
  ...["shirt white", "t-shirt red", "longsleeve navy", "pants black", "shorts green", "skirt beige", "dress blue"],
  ...["shoes brown", "shoes white", "outwear grey", "hat black", "bag red"],
];

/** A catalogue of a dozen garments, and a wardrobe of three; ids by category and colour. Feedback is followed. */
async function stocked(t: Tap) {
  const fusion = await freshFusion(sql);
  const stop = new AbortController();
  const following = fusion.follow(stop.signal);
  t.teardown(async () => {
    stop.abort();
    await following;
  });
  const ids = new Map<string, string>();
  let photo = 0;
  const add = async (ownerId: string, look: string, tags: string[] = []) => {
    const [category = "", colour = ""] = look.split(" ");
    photo += 1;
    const garment = { ownerId, category, colour, tags, photo: await plainPhoto(photo) };
    const id = (await fusion.wardrobe.addGarment({ garment })).garment?.id ?? "";
    ids.set(ownerId === "" ? look : `${ownerId}'s ${look}`, id);
  };
  for (const look of CATALOGUE) await add("", look, look.startsWith("shoes") ? ["office"] : []);
  for (const look of ["t-shirt black", "pants navy", "shoes black"]) await add("anna", look, ["party", "summer"]);
  const id = (look: string) => ids.get(look) ?? look;
  return { ...fusion, id };
}

t.test("outfits are whole, best first, different, and were recorded as they were shown", async (t) => {
  const { outfits, upstreams } = await stocked(t);
  const { outfits: found, recommendationId, policy } = await outfits.composeOutfits({ userId: "anna", k: 6 });
  t.equal(found.length, 6);
  for (const { id, garments, score, parts, compatibility, propensity, reason } of found) {
    const slots = garments.map(({ slot }) => slot).join();
    t.ok([[1, 2, 5].join(), [3, 5].join()].includes(slots), slots);
    t.equal(id, outfitId(garments.map((garment) => garment.id)));
    const sum = parts.reduce((total, { contribution }) => total + contribution, 0);
    t.ok(Math.abs(sum - score) < 1e-6, "the parts sum to the score, to six decimals");
    t.ok(compatibility > 0 && compatibility < 1 && propensity > 0 && propensity <= 1 && reason !== "");
  }
  t.same(
    found.map(({ score }) => score),
    found.map(({ score }) => score).sort((a, b) => b - a),
  );
  const [recorded] = upstreams.recorded;
  t.match(recorded, { id: recommendationId, kind: "outfit", layout: "outfit/1", policy, userId: "anna" });
  t.same(
    recorded?.items.map(({ itemId, score }) => [itemId, score]),
    found.map(({ id, score }) => [id, score]),
  );
  t.ok(recorded?.items.every(({ features }) => floatsFromBytes(features).length === DIMENSIONS));
});

t.test("a look is completed around what is given; slots, tags and scope are kept to", async (t) => {
  const { outfits, id } = await stocked(t);
  const shirt = id("shirt white");
  const completed = await outfits.composeOutfits({ itemIds: [shirt], slots: [Slot.BOTTOM, Slot.SHOES, Slot.HAT] });
  t.ok(completed.outfits.length > 0);
  for (const { garments } of completed.outfits) {
    t.same(
      garments.map(({ slot }) => slot),
      [Slot.TOP, Slot.BOTTOM, Slot.SHOES, Slot.HAT],
    );
    t.same(
      garments.filter(({ given }) => given).map((garment) => garment.id),
      [shirt],
    );
  }
  const own = await outfits.composeOutfits({ userId: "anna", scope: Scope.WARDROBE, seasons: ["summer"] });
  t.equal(own.outfits.length, 1);
  t.ok(own.outfits[0]?.garments.every(({ owned }) => owned));
  t.equal(await codeOf(outfits.composeOutfits({ scope: Scope.WARDROBE })), Code.InvalidArgument);
  t.equal(await codeOf(outfits.composeOutfits({ userId: "anna", seasons: ["winter"] })), Code.FailedPrecondition);
  const disjoint = (await outfits.composeOutfits({ userId: "anna", diversity: 1, k: 9 })).outfits;
  const used = disjoint.flatMap(({ garments }) => garments.map((garment) => garment.id));
  t.ok(disjoint.length > 1 && new Set(used).size === used.length);
});

t.test("what cannot be worn together is refused, and what is somebody else's is not found", async (t) => {
  const { outfits, id } = await stocked(t);
  const score = (...looks: string[]) => codeOf(outfits.scoreOutfit({ userId: "bert", itemIds: looks.map(id) }));
  t.equal(await score("shirt white", "t-shirt red"), Code.InvalidArgument);
  t.equal(await score("dress blue", "pants black"), Code.InvalidArgument);
  t.equal(await score("shirt white", "bag red"), Code.InvalidArgument);
  t.equal(await score("shirt white", "anna's pants navy"), Code.NotFound);
  t.equal(await score("shirt white", "nonsense"), Code.NotFound);
  t.equal(
    await codeOf(outfits.composeOutfits({ itemIds: [id("dress blue")], slots: [Slot.TOP] })),
    Code.InvalidArgument,
  );
});

t.test("a blank is filled by what fits best, and a pair is explained", async (t) => {
  const { outfits, id } = await stocked(t);
  const candidateIds = ["pants black", "shorts green", "skirt beige"].map(id);
  const { fillings } = await outfits.fillInTheBlank({ itemIds: [id("shirt white")], candidateIds });
  t.same(fillings.map(({ itemId }) => itemId).sort(), [...candidateIds].sort());
  t.equal(fillings.at(-1)?.itemId, id("shorts green"), "shorts do not go with a shirt");
  t.same(
    fillings.map((one) => one.compatibility),
    fillings.map((one) => one.compatibility).sort((a, b) => b - a),
  );
  const { outfit } = await outfits.scoreOutfit({ itemIds: [id("shirt white"), id("shorts green")] });
  t.equal(outfit?.compatibility, fillings.at(-1)?.compatibility);
  t.match(
    outfit?.reason,
    /one colour with neutral ones: .*green.*\(\+2\.\d\d\).*dress codes agree by 30 % \(\+0\.45\)/,
  );
});

t.test("the answer says when Feedback is away, and goes by the prior then", async (t) => {
  const { outfits, upstreams } = await stocked(t);
  const away = () => {
    throw new ConnectError("away", Code.Unavailable);
  };
  upstreams.replace.feedback = { getProfile: away, recordRecommendations: away };
  const { degraded, policy, outfits: found } = await outfits.composeOutfits({ userId: "anna" });
  t.same([degraded, policy, found.length], [["feedback", "recommendation_log"], "baseline", 5]);
  t.same(
    found.map(({ propensity }) => propensity),
    [1, 1, 1, 1, 1],
  );
  upstreams.replace.feedback = {};
  upstreams.replace.index = { get: away, search: away };
  const blind = await outfits.composeOutfits({ userId: "bert" });
  t.ok(blind.degraded.length === 0 || blind.degraded.includes("index"));
  t.equal(blind.outfits.length, 5);
});

t.test("what is shown is not waited for longer than it may take to record it", async (t) => {
  const { outfits, upstreams } = await stocked(t);
  upstreams.replace.feedback = {
    recordRecommendations: (_, { signal }) => new Promise((_, reject) => signal.addEventListener("abort", reject)),
  };
  const { degraded, outfits: found } = await outfits.composeOutfits({ k: 2 });
  t.same([degraded, found.length], [["recommendation_log"], 2]);
});

t.test("garments near to the taste are looked for with the tags, and in the indices that there are", async (t) => {
  const { outfits, upstreams, id } = await stocked(t);
  upstreams.replace.feedback = {
    getProfile: () => ({ profile: { itemWeights: [{ itemId: id("shoes brown"), weight: 1 }] } }),
  };
  const filters: (Filter | undefined)[] = [];
  upstreams.replace.index = {
    listIndexes: () => ({ indexes: [{ name: "clip_fashion" }] }),
    search({ queries, filter }) {
      if (queries.some(({ index }) => index !== "clip_fashion")) throw new ConnectError("not here", Code.NotFound);
      filters.push(filter);
      return {
        results: queries.map(({ index }) => ({ index, neighbours: [{ itemId: id("shoes brown"), score: 1 }] })),
      };
    },
  };
  const asked = { userId: "anna", slots: [Slot.SHOES], occasions: ["office", "party"], seasons: ["summer"] };
  const { degraded, outfits: found } = await outfits.composeOutfits(asked);
  t.same(degraded, ["index:blip_fashion", "index:fashion_specific"]);
  t.match(filters, [{ ownerIds: ["", "anna"], categories: ["shoes"], anyTags: asked.occasions, allTags: ["summer"] }]);
  t.same(
    found.map(({ garments }) => garments.map((garment) => garment.id)),
    [[id("anna's shoes black")]],
    "what the Index finds and has not all of the tags is not worn",
  );
});

t.test("outfits are kept for their person alone, once, and end with their garments", async (t) => {
  const { outfits, wardrobe, id } = await stocked(t);
  const itemIds = ["anna's t-shirt black", "anna's pants navy", "shoes white"].map(id);
  const saved = await outfits.saveOutfit({ userId: "anna", itemIds });
  t.match(saved, { existed: false, outfit: { id: outfitId(itemIds), savedAt: { nanos: Number } } });
  const again = await outfits.saveOutfit({ userId: "anna", itemIds: [...itemIds].reverse() });
  t.match(again, { existed: true, outfit: { id: saved.outfit?.id } });
  const other = ["shirt white", "pants black"].map(id);
  await outfits.saveOutfit({ userId: "anna", itemIds: other });
  await outfits.saveOutfit({ userId: "bert", itemIds: other });
  t.equal(await codeOf(outfits.saveOutfit({ userId: "bert", itemIds })), Code.NotFound);

  const first = await outfits.listOutfits({ userId: "anna", pageSize: 1 });
  const second = await outfits.listOutfits({ userId: "anna", pageSize: 1, pageToken: first.nextPageToken });
  t.same(
    [first, second].map((page) => page.outfits.map((one) => one.id)),
    [[outfitId(other)], [saved.outfit?.id]],
  );
  t.equal(second.nextPageToken, "");
  t.equal(second.outfits[0]?.score, saved.outfit?.score);
  t.same(second.outfits[0]?.parts, saved.outfit?.parts);
  t.equal(await codeOf(outfits.listOutfits({ userId: "bert", pageToken: first.nextPageToken })), Code.InvalidArgument);

  const mine = { id: saved.outfit?.id ?? "", userId: "anna" };
  t.equal(await codeOf(outfits.deleteOutfit({ ...mine, userId: "bert" })), Code.NotFound);
  await wardrobe.deleteGarment({ id: itemIds[0] ?? "", userId: "anna" });
  t.same(
    (await outfits.listOutfits({ userId: "anna" })).outfits.map((one) => one.id),
    [outfitId(other)],
  );
  t.equal(await codeOf(outfits.deleteOutfit(mine)), Code.NotFound);
  await outfits.deleteOutfit({ id: outfitId(other), userId: "anna" });
  t.same((await outfits.listOutfits({ userId: "anna" })).outfits, []);
  t.equal((await outfits.listOutfits({ userId: "bert" })).outfits.length, 1);
});

type Tap = Pick<typeof t, "teardown">;
