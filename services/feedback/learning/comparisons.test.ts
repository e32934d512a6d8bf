import fc from "fast-check";
import t from "tap";
import { comparisonsOf, MOST_COMPARISONS } from "./comparisons.ts";

const features = [0, 1, 2, 3].map((x) => Float32Array.of(x));
const none = [undefined, undefined, undefined, undefined];
const differencesOf = (place: number, strength: number, answers: (1 | -1 | undefined)[] = none) =>
  comparisonsOf({ features, answers }, place, strength)
    .map(({ difference }) => difference[0])
    .sort();

t.test("a yes is preferred to all others that got no yes", async (t) => {
  t.same(differencesOf(2, 1), [-1, 1, 2]);
  t.same(differencesOf(2, 1, [1, -1, undefined, undefined]), [-1, 1]);
});

t.test("to a no everything is preferred that got no no", async (t) => {
  t.same(differencesOf(2, -1), [-1, -2, 1]);
  t.same(differencesOf(2, -1, [-1, 1, undefined, undefined]), [-1, 1]);
});

t.test("weak answers count less, at every place alike, and nothing more than 1", async (t) => {
  const weight = (place: number, strength: number) =>
    comparisonsOf({ features, answers: none }, place, strength)[0]!.weight;
  t.equal(weight(3, 1), weight(0, 1));
  t.ok(weight(1, 0.5) < weight(1, 1));
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 3 }), fc.double({ min: 0.01, max: 1, noNaN: true }), (place, strength) => {
      return weight(place, strength) > 0 && weight(place, strength) <= 1;
    }),
  );
});

t.test("of a long list the nearest places are compared", async (t) => {
  const long = Array.from({ length: 50 }, (_, i) => Float32Array.of(i));
  const made = comparisonsOf({ features: long, answers: long.map(() => undefined) }, 25, 1);
  t.equal(made.length, MOST_COMPARISONS);
  t.ok(made.every(({ difference }) => Math.abs(difference[0]!) <= 5));
  t.same(comparisonsOf({ features: long, answers: [] }, 50, 1), [], "a place that was not shown");
});
