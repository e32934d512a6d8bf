import fc from "fast-check";
import t from "tap";
import { accuracyOfBest, areaUnderCurve } from "./measure.ts";

t.test("the area under the curve is the part of pairs in the right order", async () => {
  const scored = fc.record({ score: fc.integer({ min: 0, max: 5 }), truth: fc.boolean() });
  fc.assert(
    fc.property(fc.array(scored, { maxLength: 20 }), (list) => {
      const [trues, falses] = [list.filter(({ truth }) => truth), list.filter(({ truth }) => !truth)];
      fc.pre(trues.length > 0 && falses.length > 0);
      const points = trues.flatMap((a) => falses.map((b) => (a.score > b.score ? 1 : a.score === b.score ? 0.5 : 0)));
      const mean = points.reduce<number>((x, y) => x + y, 0) / points.length;
      return Math.abs(areaUnderCurve(list) - mean) < 1e-12;
    }),
  );
});

t.test("who scores all answers the same has the accuracy of chance", async (t) => {
  t.equal(
    accuracyOfBest([
      { scores: [1, 1, 1, 1], correct: 2 },
      { scores: [0, 0, 0, 0], correct: 0 },
    ]),
    0.25,
  );
  t.equal(
    accuracyOfBest([
      { scores: [1, 2], correct: 1 },
      { scores: [1, 2], correct: 0 },
    ]),
    0.5,
  );
});
