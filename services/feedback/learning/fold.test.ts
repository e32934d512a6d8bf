import fc from "fast-check";
import t from "tap";
import { Action } from "../../../gen/flashfit/feedback/v1/feedback_pb.ts";
import { decodeCommon, decodePerson, encodeCommon, encodePerson } from "./codec.ts";
import { initialCommon } from "./default-priors.ts";
import { fold, type LearnedRecommendation, type LogEntry } from "./fold.ts";
import { popularityOf, profileOf } from "./profile.ts";
import { LESSON_EVENTS, LESSONS_TO_PUBLISH } from "./reptile.ts";
import type { CommonState, PersonState } from "./state.ts";

const LAYOUT = "item/1";
const D = initialCommon().priors[LAYOUT]!.mean.length;

function shownTo(userId: string, id: string, seed: number): LearnedRecommendation {
  const items = Array.from({ length: 5 }, (_, i) => {
    const values = Float32Array.from({ length: D }, (_, f) => Math.sin(seed * 31 + i * 7 + f));
    return {
      itemId: `item-${(seed + i) % 9}`,
      features: new Uint8Array(values.buffer),
      category: ["shoes", "hat"][i % 2]!,
      colour: ["red", "__proto__", ""][i % 3]!,
    };
  });
  return { id, userId, policy: "adaptive", layout: LAYOUT, items };
}

interface Step {
  user: number;
  list: number;
  place: number;
  action: Action;
}
const steps = fc.array(
  fc.record({
    user: fc.integer({ min: 0, max: 2 }),
    list: fc.integer({ min: 0, max: 5 }),
    place: fc.integer({ min: 0, max: 4 }),
    action: fc.constantFrom(Action.LIKE, Action.DISLIKE, Action.SKIP, Action.WEAR, Action.CORRECT),
  }),
  { minLength: 1, maxLength: 60 },
);

/** Folds everything; `without` leaves out what a person did, as after their erasure. */
function run(list: readonly Step[], { without, store = false }: { without?: number; store?: boolean } = {}) {
  let common: CommonState = initialCommon();
  const people = new Map<number, PersonState>();
  let seq = 0n;
  for (const { user, list: which, place, action } of list) {
    seq++;
    if (user === without) continue;
    const shown = shownTo(`user-${user}`, `list-${user}-${which}`, which);
    const event = {
      userId: `user-${user}`,
      itemId: shown.items[place]!.itemId,
      action,
      rating: 0,
      recommendationId: shown.id,
    };
    const before = people.get(user);
    const folded = fold({ kind: "event", seq, event }, before, common, shown);
    common = store ? decodeCommon(encodeCommon(folded.common)) : folded.common;
    people.set(user, store ? decodePerson(encodePerson(folded.person!)) : folded.person!);
  }
  return { common, people };
}

const bytes = (value: PersonState | undefined) => value && Buffer.from(encodePerson(value)).toString("hex");

t.test("the same log gives the same bytes, also when the state is stored after each entry", async () => {
  fc.assert(
    fc.property(steps, (list) => {
      const [a, b] = [run(list), run(list, { store: true })];
      const same = [0, 1, 2].every((user) => bytes(a.people.get(user)) === bytes(b.people.get(user)));
      return same && Buffer.compare(encodeCommon(a.common), encodeCommon(b.common)) === 0;
    }),
    { numRuns: 30 },
  );
});

t.test("a replay without a person gives everybody else the same state to the bit", async () => {
  fc.assert(
    fc.property(steps, (list) => {
      const [all, less] = [run(list), run(list, { without: 0 })];
      return [1, 2].every((user) => bytes(all.people.get(user)) === bytes(less.people.get(user)));
    }),
    { numRuns: 30 },
  );
});

const event = (itemId: string, action: Action, recommendationId = "list"): LogEntry => ({
  kind: "event",
  seq: 7n,
  event: { userId: "ada", itemId, action, rating: 0, recommendationId },
});

t.test("a yes is learned: the item's features score higher, its category, colour and id are remembered", async (t) => {
  const shown = shownTo("ada", "list", 1);
  const { person, common, itemCounts } = fold(event("item-3", Action.LIKE), undefined, initialCommon(), shown);
  const place = shown.items.findIndex(({ itemId }) => itemId === "item-3");
  const scoreOf = (mean: Float64Array, i: number) => {
    const features = new Float32Array(shown.items[i]!.features.slice().buffer);
    return features.reduce((sum, x, f) => sum + x * mean[f]!, 0);
  };
  const lead = (mean: Float64Array) => {
    const others = shown.items.map((_, i) => scoreOf(mean, i)).filter((_, i) => i !== place);
    return scoreOf(mean, place) - others.reduce((a, b) => a + b, 0) / others.length;
  };
  t.ok(lead(person!.beliefs[LAYOUT]!.mean) > lead(initialCommon().priors[LAYOUT]!.mean));
  const profile = profileOf(person, common);
  t.match(profile, { eventCount: 1n, version: 1n, learnedSeq: 7n, likedItemIds: ["item-3"], dislikedItemIds: [] });
  t.match(profile.categoryAffinity, { shoes: 0.5 });
  t.same(itemCounts, [{ itemId: "item-3", shown: 0, positive: 1, negative: 0 }]);
  t.match(common.policies, { adaptive: { positive: 1, negative: 0 } });
  const sum = Object.values(profile.modelWeights).reduce((a, b) => a + b, 0);
  t.ok(Math.abs(sum - 1) < 1e-12);
});

t.test("what came later decides, older answers weigh less, and a reset forgets all but the version", async (t) => {
  const first = fold(event("a", Action.LIKE), undefined, initialCommon(), undefined).person;
  const second = fold(event("b", Action.LIKE), first, initialCommon(), undefined).person;
  const third = fold(event("a", Action.DISLIKE), second, initialCommon(), undefined).person!;
  const { likedItemIds, dislikedItemIds, itemWeights } = profileOf(third, initialCommon());
  t.same([likedItemIds, dislikedItemIds], [["b"], ["a"]]);
  t.ok(itemWeights.find(({ itemId }) => itemId === "b")!.weight < 1);
  const reset = fold({ kind: "reset", seq: 9n, userId: "ada" }, third, initialCommon(), undefined).person!;
  t.match(reset, { eventCount: 0, version: 4, items: [], beliefs: {} });
});

t.test("nothing is learned of somebody else's list, of features of another length, of a correction", async (t) => {
  const common = initialCommon();
  const shown = shownTo("ada", "list", 1);
  t.same(fold(event("item-3", Action.LIKE), undefined, common, shownTo("eve", "list", 1)).person!.beliefs, {});
  for (const bytes of [8, 5, 4 * D + 1]) {
    const other = { ...shown, items: shown.items.map((item) => ({ ...item, features: new Uint8Array(bytes) })) };
    t.same(fold(event("item-3", Action.LIKE), undefined, common, other).person!.beliefs, {}, `${bytes} bytes`);
  }
  t.same(fold(event("item-3", Action.LIKE), undefined, common, { ...shown, layout: "no/1" }).person!.beliefs, {});
  const corrected = fold(event("item-3", Action.CORRECT), undefined, common, shown);
  t.match(corrected.person, { eventCount: 1, beliefs: {}, items: [] });
  t.same(corrected.itemCounts, []);
});

t.test("a recommendation counts what it showed", async (t) => {
  const shown = shownTo("ada", "list", 1);
  const { common, itemCounts } = fold(
    { kind: "recommendation", seq: 1n, recommendation: shown },
    undefined,
    initialCommon(),
    undefined,
  );
  t.same(common.policies, { adaptive: { recommendations: 1, positive: 0, negative: 0 } });
  t.equal(itemCounts.length, 5);
  t.ok(itemCounts.every(({ shown, positive }) => shown === 1 && positive === 0));
});

t.test("Reptile moves the common mean towards people, and new ones start with it once it is in the log", async (t) => {
  let common = initialCommon();
  const before = common.priors[LAYOUT]!.mean;
  let published: ReturnType<typeof fold>["publish"];
  let last: PersonState | undefined;
  for (let person = 0; person < LESSONS_TO_PUBLISH; person++) {
    last = undefined;
    for (let i = 0; i < LESSON_EVENTS[0]!; i++) {
      const shown = shownTo("ada", `list-${i}`, i);
      const folded = fold(event(shown.items[4]!.itemId, Action.LIKE, shown.id), last, common, shown);
      ({ common, publish: published, person: last } = folded);
    }
  }
  t.equal(common.lessons, LESSONS_TO_PUBLISH);
  t.same(common.priors[LAYOUT]!.mean, before, "nobody starts with it yet");
  const distance = (mean: Float64Array) =>
    mean.reduce((sum, x, f) => sum + (x - last!.beliefs[LAYOUT]!.mean[f]!) ** 2, 0);
  t.ok(distance(published![LAYOUT]!.mean) < distance(before));
  const after = fold({ kind: "prior", seq: 99n, priors: published! }, undefined, common, undefined).common;
  t.same([after.lessons, after.moving], [0, {}]);
  t.same(profileOf(undefined, after).beliefs, []);
  t.equal(after.priors[LAYOUT], published![LAYOUT]);
});

t.test("popularity lies in 0 … 1, the most liked first, what was rarely shown near the middle", async (t) => {
  const popularity = popularityOf([
    { itemId: "often", shown: 100, positive: 50, negative: 0 },
    { itemId: "once", shown: 1, positive: 1, negative: 0 },
    { itemId: "never", shown: 100, positive: 0, negative: 50 },
    { itemId: "unseen", shown: 0, positive: 0, negative: 0 },
  ]);
  t.same([...popularity.keys()], ["often", "once", "never"]);
  t.equal(popularity.get("often"), 1);
  t.ok([...popularity.values()].every((value) => value > 0 && value <= 1));
});
