import fc from "fast-check";
import t from "tap";
import type { Calibrated } from "./calibration.ts";
import { reciprocalRanks } from "./reciprocal-rank.ts";

const listOf = (model: string, ranks: readonly number[]): Calibrated => ({
  model,
  ranks: Int32Array.from(ranks),
  values: new Float64Array(ranks.length),
  peak: 0,
});

t.test("1 is the first of every list, and what no model found has 0", async (t) => {
  const [first, second, nowhere] = reciprocalRanks(
    ["clip", "blip", "fashion"].map((model) => listOf(model, [1, 2, 0])),
    3,
  );
  t.equal(first, 1);
  t.ok(Math.abs((second ?? 0) - 61 / 62) < 1e-11);
  t.equal(nowhere, 0);
});

t.test("equal ranks in other lists are the same to the last bit", async () => {
  const ranks = fc.array(fc.integer({ min: 0, max: 300 }), { minLength: 3, maxLength: 3 });
  fc.assert(
    fc.property(ranks, fc.double({ min: -10, max: 10, noNaN: true }), ([a, b, c], times) => {
      const orders = [
        [a, b, c],
        [b, c, a],
        [c, b, a],
      ] as number[][];
      const lists = ["clip", "blip", "fashion"].map((model, m) =>
        listOf(
          model,
          orders.map((order) => order[m] ?? 0),
        ),
      );
      const sums = reciprocalRanks(lists, orders.length);
      const turned = reciprocalRanks([...lists].reverse(), orders.length);
      return new Set([...sums, ...turned]).size === 1 && new Set(sums.map((sum) => times * sum)).size === 1;
    }),
  );
});
