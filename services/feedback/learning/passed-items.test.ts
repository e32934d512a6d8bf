import fc from "fast-check";
import t from "tap";
import { Action } from "../../../gen/flashfit/feedback/v1/feedback_pb.ts";
import { initialCommon } from "./default-priors.ts";
import { fold } from "./fold.ts";
import { passOver, strengthOfPassing } from "./passed-items.ts";
import { profileOf } from "./profile.ts";
import type { PersonState } from "./state.ts";

const LAYOUT = "item/1";
const FEATURES = new Uint8Array(4 * initialCommon().priors[LAYOUT]!.mean.length);

interface Answer {
  itemId: string;
  /** What was shown; undefined: an answer without a recommendation. */
  list?: readonly string[];
  action?: Action;
}

function after(answers: readonly Answer[]): PersonState {
  let person: PersonState | undefined;
  for (const [n, { itemId, list, action = Action.LIKE }] of answers.entries()) {
    const id = list?.join() ?? "";
    const event = { userId: "ada", itemId, action, rating: 0, recommendationId: id };
    const items = list?.map((one) => ({ itemId: one, features: FEATURES, category: "hat", colour: "red" }));
    const shown = items && { id, userId: "ada", policy: "adaptive", layout: LAYOUT, items };
    person = fold({ kind: "event", seq: BigInt(n + 1), event }, person, initialCommon(), shown).person;
  }
  return person!;
}

const weights = (person: PersonState) =>
  Object.fromEntries(profileOf(person, initialCommon()).itemWeights.map(({ itemId, weight }) => [itemId, weight]));

t.test("what got no answer in a list that got one counts as a small no, the less the lower it stood", async (t) => {
  const person = after([{ itemId: "b", list: ["a", "b", "c", "d"] }]);
  const { a, b, c, d } = weights(person);
  t.equal(b, 1);
  t.ok(a! < c! && c! < d! && d! < 0 && a! > -0.2, `${a} ${c} ${d}`);
  t.match(profileOf(person, initialCommon()), { likedItemIds: ["b"], dislikedItemIds: [] });
});

t.test(
  "an answer takes the place of having been passed over, whatever it names, and is never taken back by it",
  async (t) => {
    const list = ["a", "b", "c"];
    for (const answers of [
      [
        { itemId: "b", list },
        { itemId: "a", list },
      ],
      [{ itemId: "b", list }, { itemId: "a" }],
      [{ itemId: "a" }, { itemId: "b", list }],
    ]) {
      const { a, b, c } = weights(after(answers));
      t.ok(a! > 0.9 && b! > 0.9 && (c === undefined || c < 0), JSON.stringify({ a, b, c }));
    }
  },
);

t.test("a correction passes nothing over, and a fresh start forgets what was", async (t) => {
  t.same(after([{ itemId: "b", list: ["a", "b"], action: Action.CORRECT }]).passed ?? [], []);
  const person = after([{ itemId: "b", list: ["a", "b"] }]);
  const reset = fold({ kind: "reset", seq: 9n, userId: "ada" }, person, initialCommon(), undefined).person!;
  t.same(reset.passed ?? [], []);
});

t.test("every item is in it once, none that was answered to, and no more than 64 of them, newest first", async () => {
  const names = fc.integer({ min: 0, max: 200 }).map((n) => `item-${n}`);
  const lists = fc.array(fc.uniqueArray(names, { minLength: 1, maxLength: 30 }), { minLength: 1, maxLength: 20 });
  fc.assert(
    fc.property(lists, (shown) => {
      const person = after(shown.map((list) => ({ itemId: list[0]!, list })));
      const passed = person.passed!;
      const ids = new Set(passed.map(({ itemId }) => itemId));
      return (
        ids.size === passed.length &&
        passed.length <= 64 &&
        person.items.every(({ itemId }) => !ids.has(itemId)) &&
        passed.every(({ ordinal }, i) => i === 0 || ordinal <= passed[i - 1]!.ordinal)
      );
    }),
    { numRuns: 50 },
  );
});

t.test("the strength of the first place is the constant, and it is a negative number at each", async (t) => {
  const at = (place: number) => strengthOfPassing({ itemId: "a", ordinal: 1, place });
  t.equal(at(0), -0.15);
  t.ok(at(199) < 0 && at(199) > at(0));
});

t.test("outfits are not passed over", async (t) => {
  const items = [{ itemId: "a" }, { itemId: "b" }];
  const answered = { ordinal: 1, items: [{ itemId: "b" }] };
  t.same(passOver([], { ...answered, list: { layout: "outfit/1", items } }), []);
  t.same(passOver([], { ...answered, list: { layout: LAYOUT, items } }), [{ itemId: "a", ordinal: 1, place: 0 }]);
});
