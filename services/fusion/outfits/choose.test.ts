import fc from "fast-check";
import t from "tap";
import { choose, type Option } from "./choose.ts";
import { DIMENSIONS } from "./layout.ts";
import { PRIOR } from "./prior.ts";
import { scoreOf } from "./scoring.ts";

const anyOptions: fc.Arbitrary<Option[]> = fc.uniqueArray(
  fc.record({
    id: fc.uuid(),
    features: fc
      .array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: DIMENSIONS, maxLength: DIMENSIONS })
      .map((values) => Float32Array.from(values)),
    added: fc
      .uniqueArray(fc.constantFrom("a", "b", "c", "d", "e"), { minLength: 1, maxLength: 3 })
      .map((ids) => new Set(ids)),
  }),
  { minLength: 1, maxLength: 12, selector: ({ id }) => id },
);

/** A generator that gives the same numbers every time (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let z = Math.imul(state ^ (state >>> 15), 1 | state);
    z = (z + Math.imul(z ^ (z >>> 7), 61 | z)) ^ z;
    return ((z ^ (z >>> 14)) >>> 0) / 2 ** 32;
  };
}

const usual = { belief: PRIOR, explore: true, k: 5, random: seeded(1) };

t.test("without diversity the best are chosen, best first, each once", async () => {
  fc.assert(
    fc.property(anyOptions, fc.constantFrom("baseline", "adaptive"), (options, policy) => {
      const { chosen, coefficients } = choose({ ...usual, options, policy, diversity: 0 });
      const scores = options.map(({ features }) => scoreOf(features, coefficients)).sort((a, b) => b - a);
      return chosen.length === Math.min(5, options.length) && chosen.every(({ score }, i) => score === scores[i]);
    }),
    { numRuns: 50 },
  );
});

t.test("with full diversity no two share a garment", async () => {
  fc.assert(
    fc.property(anyOptions, (options) => {
      const { chosen } = choose({ ...usual, options, policy: "adaptive", diversity: 1 });
      const garments = chosen.flatMap(({ option }) => [...option.added]);
      return chosen.length > 0 && new Set(garments).size === garments.length;
    }),
    { numRuns: 50 },
  );
});

t.test("propensities are those of a policy: in (0, 1], 1 without chance", async () => {
  fc.assert(
    fc.property(anyOptions, fc.double({ min: 0, max: 1, noNaN: true }), (options, diversity) => {
      const drawn = choose({ ...usual, options, policy: "adaptive", diversity }).chosen;
      const fixed = choose({ ...usual, options, policy: "baseline", diversity }).chosen;
      const certain = choose({ ...usual, options, policy: "adaptive", diversity, explore: false }).chosen;
      return (
        drawn.every(({ propensity }) => propensity > 0 && propensity <= 1) &&
        fixed.every(({ propensity, otherPropensities }) => propensity === 1 && "adaptive" in otherPropensities) &&
        certain.every(({ propensity, otherPropensities }) => propensity === 1 && otherPropensities.baseline === 1)
      );
    }),
    { numRuns: 30 },
  );
});

t.test("a propensity is how often the place is taken", async (t) => {
  const [one, other] = [new Float32Array(DIMENSIONS), new Float32Array(DIMENSIONS)];
  other[0] = 1e-6; // drawn coefficients of it are positive nearly always: mean 2, deviation 0.3 × 0.7
  const options = [
    { id: "one", features: one, added: new Set("a") },
    { id: "other", features: other, added: new Set("b") },
  ];
  const { chosen } = choose({ ...usual, options, policy: "adaptive", diversity: 0, k: 2 });
  t.same(
    chosen.map(({ option, propensity }) => [option.id, propensity]),
    [
      ["other", 64.5 / 65],
      ["one", 64.5 / 65],
    ],
  );
});
