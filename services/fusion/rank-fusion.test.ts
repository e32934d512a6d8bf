import fc from "fast-check";
import t from "tap";
import { fuseRanks, type RankedList, shareWeights } from "./rank-fusion.ts";

const ids = fc.uniqueArray(fc.constantFrom(..."abcdefghij"), { maxLength: 10 });
const models = ["blip", "clip", "fashion"];
const lists = fc
  .tuple(ids, ids, ids)
  .map((found) => found.map((itemIds, i): RankedList => ({ model: models[i] ?? "", itemIds })));
const believed = fc.dictionary(fc.constantFrom(...models), fc.double({ min: -1, max: 10 }));

t.test("two lists are fused as the formula says", async (t) => {
  const fused = fuseRanks(
    [
      { model: "clip", itemIds: ["a", "b"] },
      { model: "blip", itemIds: ["b", "c"] },
    ],
    { weights: shareWeights(["clip", "blip"]) },
  );
  t.same(
    fused.map(({ id }) => id),
    ["b", "a", "c"],
  );
  t.equal(fused[0]?.score, 0.5 / 61 + 0.5 / 62);
  t.same(
    [...(fused[0]?.ranks ?? [])],
    [
      ["blip", 1],
      ["clip", 2],
    ],
  );
});

t.test("the order in which lists arrive does not change anything", async (t) => {
  fc.assert(
    fc.property(lists, believed, fc.array(fc.nat(2), { minLength: 3, maxLength: 3 }), (given, weights, keys) => {
      const options = { weights: shareWeights(models, weights) };
      const shuffled = given
        .map((list, i) => ({ list, key: keys[i] ?? 0 }))
        .sort((a, b) => a.key - b.key)
        .map(({ list }) => list);
      t.same(fuseRanks(shuffled, options), fuseRanks(given, options));
    }),
  );
});

t.test("moving up in one list never makes an item worse", async (t) => {
  fc.assert(
    fc.property(lists, believed, fc.nat(2), fc.nat(8), (given, weights, which, at) => {
      const options = { weights: shareWeights(models, weights) };
      const list = given[which];
      const id = list?.itemIds[at + 1];
      if (list === undefined || id === undefined) return;
      const better = [...list.itemIds];
      better.splice(at, 2, id, list.itemIds[at] ?? "");
      const after = given.map((l, i) => (i === which ? { ...l, itemIds: better } : l));
      const placeOf = (found: RankedList[]) => fuseRanks(found, options).findIndex((item) => item.id === id);
      t.ok(placeOf(after) <= placeOf(given));
    }),
  );
});

t.test("every found item is ranked once, best first, equal scores by id", async (t) => {
  fc.assert(
    fc.property(lists, believed, (given, weights) => {
      const fused = fuseRanks(given, { weights: shareWeights(models, weights) });
      t.same(fused.map(({ id }) => id).sort(), [...new Set(given.flatMap(({ itemIds }) => itemIds))].sort());
      fused.slice(1).forEach((item, i) => {
        const before = fused[i];
        t.ok(before && (before.score > item.score || (before.score === item.score && before.id < item.id)));
      });
    }),
  );
});

t.test("shares are not negative and sum to 1, whatever is believed", async (t) => {
  const anything = fc.dictionary(fc.constantFrom(...models, "other"), fc.double());
  fc.assert(
    fc.property(fc.uniqueArray(fc.constantFrom(...models), { minLength: 1 }), anything, (present, weights) => {
      const shares = [...shareWeights(present, weights).values()];
      t.ok(shares.every((share) => share >= 0));
      t.ok(Math.abs(shares.reduce((a, b) => a + b, 0) - 1) < 1e-9);
    }),
  );
  t.same(
    [...shareWeights(["clip", "blip"], { clip: 3, blip: 1, fashion: 9 })],
    [
      ["clip", 0.75],
      ["blip", 0.25],
    ],
  );
  t.same([...shareWeights(["clip", "blip"], { fashion: 9 }).values()], [0.5, 0.5]);
});

t.test("a liked item wins against a close one and not against a far one", async (t) => {
  const itemIds = ["a", "b", "c", "d", "e", "f", "g", "h"];
  const order = (liked: string) =>
    fuseRanks([{ model: "clip", itemIds }], { weights: shareWeights(["clip"]), boosted: new Set([liked]) })[0]?.id;
  t.equal(order("c"), "c");
  t.equal(order("h"), "a");
});
