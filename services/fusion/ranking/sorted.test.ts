import fc from "fast-check";
import t from "tap";
import { sortedByScore, sortTogether } from "./sorted.ts";

t.test("best first, equal ones as they stood", async (t) => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 9 }), { maxLength: 70 }), (list) => {
      const scores = Float64Array.from(list);
      const candidates = Int32Array.from(list, (_, i) => list.length - 1 - i);
      const expected = [...candidates].sort((a, b) => (list[b] as number) - (list[a] as number));
      t.same([...sortedByScore(candidates, scores)], expected);
    }),
  );
});

t.test("scores and candidates side by side are sorted as candidates by their scores are", async (t) => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -9, max: 9 }), { maxLength: 70 }), (list) => {
      const scores = Float64Array.from(list);
      const candidates = Int32Array.from(list, (_, i) => i);
      const expected = [...sortedByScore(candidates, scores)];
      sortTogether(scores, candidates);
      t.same([...candidates], expected);
      t.same(
        [...scores],
        expected.map((i) => list[i]),
      );
    }),
  );
});
