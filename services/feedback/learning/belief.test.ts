import fc from "fast-check";
import t from "tap";
import { fromPrior, learn } from "./belief.ts";

const D = 4;
const PRIOR = {
  mean: Float64Array.from([1, 0, -1, 0.5]),
  covariance: Float64Array.from({ length: D * D }, (_, i) => (i % (D + 1) === 0 ? 1 : 0.1)),
};
const differences = fc
  .array(fc.double({ min: -3, max: 3, noNaN: true }), { minLength: D, maxLength: D })
  .map((values) => Float64Array.from(values));
const comparisons = fc.array(
  fc.record({ difference: differences, weight: fc.double({ min: 0.01, max: 1, noNaN: true }) }),
  { minLength: 1, maxLength: 12 },
);
const dot = (a: Float64Array, b: Float64Array) => a.reduce((sum, x, i) => sum + x * b[i]!, 0);
const variance = ({ covariance }: { covariance: Float64Array }, x: Float64Array) =>
  dot(
    x,
    x.map((_, i) => dot(covariance.subarray(i * D, (i + 1) * D), x)),
  );

t.test("what was preferred scores higher than before, measured against the other", async () => {
  fc.assert(
    fc.property(comparisons, ([one]) => {
      const { difference } = one!;
      return dot(learn(fromPrior(PRIOR), [one!]).mean, difference) >= dot(PRIOR.mean, difference);
    }),
  );
});

t.test("no direction becomes less certain, and none is more than certain", async () => {
  fc.assert(
    fc.property(comparisons, differences, (list, x) => {
      const after = variance(learn(fromPrior(PRIOR), list), x);
      return after <= variance(PRIOR, x) + 1e-9 && after >= -1e-9;
    }),
  );
});

t.test("the mean is at the mode: the gradient of prior and likelihood is 0 there", async (t) => {
  fc.assert(
    fc.property(comparisons, ([one]) => {
      const { mean } = learn(fromPrior(PRIOR), [one!]);
      const { difference, weight } = one!;
      // Σ⁻¹(μ' − μ) = weight · (1 − p) · x, so μ' − μ = that times Σx.
      const pull = weight / (1 + Math.exp(dot(mean, difference)));
      return mean.every((value, i) => {
        const spread = dot(PRIOR.covariance.subarray(i * D, (i + 1) * D), difference);
        return Math.abs(value - PRIOR.mean[i]! - pull * spread) < 1e-9;
      });
    }),
  );
  t.pass();
});

t.test(
  "the covariance stays symmetric to the bit, the prior is left as it is, and comparisons are counted",
  async (t) => {
    fc.assert(
      fc.property(comparisons, (list) => {
        const { covariance, comparisons } = learn(fromPrior(PRIOR), list);
        const symmetric = covariance.every((value, i) => value === covariance[(i % D) * D + Math.floor(i / D)]);
        return symmetric && comparisons === list.length && PRIOR.mean[0] === 1 && PRIOR.covariance[0] === 1;
      }),
    );
    t.throws(
      () => learn(fromPrior(PRIOR), [{ difference: new Float64Array(3), weight: 1 }]),
      /expected 4 features, got 3/,
    );
  },
);
