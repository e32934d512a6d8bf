import fc from "fast-check";
import t from "tap";
import { classify, unitVector } from "./numbers.ts";

t.test("a unit vector has length 1 and the same direction", (t) => {
  t.same(
    [...unitVector(new Float32Array([3, 4]))].map((x) => x.toFixed(6)),
    ["0.600000", "0.800000"],
  );
  for (const bad of [
    [0, 0],
    [Number.NaN, 1],
    [Number.POSITIVE_INFINITY, 1],
  ]) {
    t.throws(() => unitVector(new Float32Array(bad)), RangeError);
  }
  t.end();
});

t.test("probabilities sum to 1, best first, whatever the logits", (t) => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: -1e4, max: 1e4, noNaN: true }), { minLength: 1, maxLength: 20 }),
      (logits) => {
        const classes = classify(logits, logits.map(String));
        const sum = classes.reduce((total, { probability }) => total + probability, 0);
        return (
          Math.abs(sum - 1) < 1e-9 &&
          classes.every(({ probability }, i) => probability <= (classes[i - 1]?.probability ?? 1))
        );
      },
    ),
  );
  t.throws(() => classify([1, 2], ["a"]), /expected 1 logits, got 2/);
  t.throws(() => classify([Number.NaN], ["a"]), /finite/);
  t.end();
});
