import fc from "fast-check";
import t from "tap";
import { exp, log, sigmoid } from "./deterministic-math.ts";

/** How many units in the last place two results lie apart. */
function apart(a: number, b: number): number {
  if (a === b || (Number.isNaN(a) && Number.isNaN(b))) return 0;
  return Math.abs(a - b) / Math.max(Math.abs(b) * Number.EPSILON, Number.MIN_VALUE);
}

t.test("exp is Math.exp within two units in the last place", async (t) => {
  fc.assert(fc.property(fc.double({ min: -708, max: 709, noNaN: true }), (x) => apart(exp(x), Math.exp(x)) <= 2));
  t.same([exp(0), exp(-1000), exp(1000), exp(Number.NaN)], [1, 0, Number.POSITIVE_INFINITY, Number.NaN]);
  t.ok(exp(-745) > 0, "the smallest numbers are reached");
});

t.test("log is Math.log within two units in the last place", async (t) => {
  fc.assert(
    fc.property(fc.double({ min: Number.MIN_VALUE, max: Number.MAX_VALUE, noNaN: true }), (x) => {
      return apart(log(x), Math.log(x)) <= 2;
    }),
  );
  fc.assert(fc.property(fc.double({ min: 0.5, max: 2, noNaN: true }), (x) => apart(log(x), Math.log(x)) <= 2));
  t.same([log(1), log(0), log(-1)], [0, Number.NEGATIVE_INFINITY, Number.NaN]);
});

t.test("a sigmoid lies in 0 … 1, and that of −x is what is missing to 1", async () => {
  fc.assert(
    fc.property(fc.double({ min: -1000, max: 1000, noNaN: true }), (x) => {
      const p = sigmoid(x);
      return p >= 0 && p <= 1 && Math.abs(p + sigmoid(-x) - 1) < 1e-15;
    }),
  );
});
