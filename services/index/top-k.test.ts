import fc from "fast-check";
import t from "tap";
import { TopK } from "./top-k.ts";
import { compare } from "./vectors/answer.ts";

t.test("the best k are those that a sort would give", async () => {
  const neighbour = fc.record({ itemId: fc.string({ maxLength: 2 }), score: fc.constantFrom(0, 0.25, 0.5, 1) });
  fc.assert(
    fc.property(fc.array(neighbour), fc.integer({ min: 1, max: 9 }), (offers, k) => {
      const top = new TopK(k);
      for (const { itemId, score } of offers) top.offer(itemId, score);
      return JSON.stringify(top.best()) === JSON.stringify([...offers].sort(compare).slice(0, k));
    }),
  );
});
