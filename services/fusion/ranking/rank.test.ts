import fc from "fast-check";
import t from "tap";
import { ITEM_FEATURES, ITEM_LAYOUT } from "./layout.ts";
import { type Candidate, MODELS, type PolicyName, type RankCommon, type RankInput, rank } from "./rank.ts";

const D = ITEM_FEATURES.length;

function gaussian(mean: (name: string) => number, variance: number) {
  const covariance = new Float64Array(D * D);
  for (let i = 0; i < D; i++) covariance[i * (D + 1)] = variance;
  return { mean: Float64Array.from(ITEM_FEATURES, mean), covariance };
}

const rrfOnly = gaussian((name) => (name === "fusion.rrf" ? 5 : 0), 0);
const learned = gaussian((name) => Math.sin(name.length), 0.3);
const commonWith = (prior: typeof rrfOnly): RankCommon => ({
  priors: new Map([[ITEM_LAYOUT, prior]]),
  convexWeights: new Map([
    ["clip", 0.5],
    ["blip", 0.2],
    ["fashion", 0.3],
  ]),
  popularity: new Map([["c1", 0.7]]),
});

/** Uniform numbers from a seed. */
function uniform(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b_3c6d) + 0x9e37_79b9) >>> 0;
    return state / 0x1_0000_0000;
  };
}

const cosine = fc.option(fc.double({ min: -1, max: 1, noNaN: true }), { nil: undefined });
const candidate = fc.record({
  cosines: fc.tuple(cosine, cosine, cosine),
  category: fc.constantFrom("shoes", "hat", ""),
  colour: fc.constantFrom("red", "blue"),
  owned: fc.boolean(),
  direction: fc.option(fc.double({ min: 0, max: 6, noNaN: true }), { nil: undefined }),
});
const candidates = fc.array(candidate, { minLength: 1, maxLength: 40 }).map((list) =>
  list.map(({ cosines, direction, ...rest }, i): Candidate => {
    const known = MODELS.flatMap((model, m) => (cosines[m] === undefined ? [] : [[model, cosines[m]] as const]));
    const vector = direction === undefined ? undefined : Float32Array.of(Math.cos(direction), Math.sin(direction));
    const vectors = vector && new Map(MODELS.map((model) => [model, vector]));
    return { id: `c${i}`, cosines: new Map(known), ...(vectors ? { vectors } : {}), ...rest };
  }),
);
const settings = fc.record({
  policy: fc.constantFrom<PolicyName[]>("baseline", "convex", "adaptive"),
  k: fc.integer({ min: 1, max: 50 }),
  diversity: fc.constantFrom(0, 0.1, 0.5, 1),
  seed: fc.integer({ min: 1, max: 2 ** 31 }),
});

function inputOf(
  list: Candidate[],
  { seed, ...rest }: { policy: PolicyName; k: number; diversity: number; seed: number },
) {
  const input: RankInput = {
    candidates: list,
    models: MODELS,
    context: { kind: "photo", category: "shoes", colour: "red" },
    person: {
      eventCount: 7,
      beliefs: new Map(),
      categoryAffinity: new Map([["hat", 0.5]]),
      colourAffinity: new Map([["blue", -0.5]]),
      itemWeights: new Map([["c0", 1]]),
    },
    taste: new Map(MODELS.map((model) => [model, Float32Array.of(0.5, -0.2)])),
    common: commonWith(learned),
    random: uniform(seed),
    ...rest,
  };
  return input;
}

t.test("with a prior on reciprocal rank fusion alone, a new person gets exactly that order", async () => {
  fc.assert(
    fc.property(candidates, fc.integer({ min: 1, max: 50 }), (list, k) => {
      const { person: _, taste: __, ...input } = inputOf(list, { policy: "adaptive", k, diversity: 0, seed: 1 });
      const common = commonWith(rrfOnly);
      const ids = (policy: PolicyName) => rank({ ...input, common, policy }).items.map(({ id }) => id);
      return ids("adaptive").join() === ids("baseline").join();
    }),
  );
});

t.test("the parts of a score sum to it, and the score never rises from place to place", async () => {
  fc.assert(
    fc.property(candidates, settings, (list, chosen) => {
      const { items, partsOf } = rank(inputOf(list, chosen));
      return items.every(({ score }, i) => {
        const sum = partsOf(i).reduce((total, { contribution }) => total + contribution, 0);
        return Math.abs(sum - score) < 1e-9 && (i === 0 || score <= items[i - 1]!.score);
      });
    }),
  );
});

t.test("the answer does not depend on the order of the candidates or models", async (t) => {
  fc.assert(
    fc.property(candidates, settings, (list, chosen) => {
      const turned = { ...inputOf([...list].reverse(), chosen), models: [...MODELS].reverse() };
      const [one, other] = [rank(turned), rank(inputOf(list, chosen))];
      t.same(one.items, other.items);
      t.same(one.features, other.features);
      t.same(one.otherPropensities, other.otherPropensities);
      t.same(
        one.items.map((_, place) => one.partsOf(place)),
        other.items.map((_, place) => other.partsOf(place)),
      );
    }),
    { numRuns: 40 },
  );
});

t.test("propensities lie in (0, 1] and sum to 1 at most; everything asked for is shown once", async () => {
  fc.assert(
    fc.property(candidates, settings, (list, chosen) => {
      const { items, features, otherPropensities, expectedFeatures } = rank(inputOf(list, chosen));
      const others = [...otherPropensities.values()].flatMap((values) => [...values]);
      const within =
        items.every(({ propensity }) => propensity > 0 && propensity <= 1) && features.length === items.length * D;
      const all =
        items.length === Math.min(chosen.k, list.length) && new Set(items.map(({ id }) => id)).size === items.length;
      const places = Math.min(10, items.length) * D;
      return (
        within &&
        all &&
        others.every((p) => p >= 0 && p <= 1) &&
        [...expectedFeatures.values()].every(({ length }) => length === places)
      );
    }),
  );
});

t.test("an item's propensity is how often the policy puts it there", async (t) => {
  const list = [0.9, 0.8, 0.7, 0.6].map(
    (x, i): Candidate => ({
      id: `c${i}`,
      cosines: new Map([
        ["clip", x],
        ["blip", 1 - x],
      ]),
      category: "",
      colour: "",
      owned: false,
    }),
  );
  const input = {
    ...inputOf(list, { policy: "adaptive", k: 4, diversity: 0, seed: 5 }),
    common: commonWith(gaussian(() => 0, 1)),
  };
  const runs = Array.from({ length: 2000 }, () => rank(input).items);
  const shares = new Map<string, { times: number; said: number }>();
  for (const items of runs) {
    for (const [place, { id, propensity }] of items.entries()) {
      const known = shares.get(`${id}@${place}`) ?? { times: 0, said: 0 };
      shares.set(`${id}@${place}`, { times: known.times + 1, said: known.said + propensity });
    }
  }
  for (const [what, { times, said }] of shares) {
    if (times < 200) continue;
    // 64 draws and one of chance: within a few hundredths on average.
    t.ok(Math.abs(said / times - times / runs.length) < 0.04, `${what}: ${said / times}, seen ${times / runs.length}`);
  }
});

t.test("without what Feedback knows, every policy is the baseline and says so", async (t) => {
  const list = inputOf([{ id: "a", cosines: new Map([["clip", 1]]), category: "", colour: "", owned: false }], {
    policy: "adaptive",
    k: 3,
    diversity: 0,
    seed: 1,
  });
  const { common: _, ...alone } = list;
  const { policy, items, partsOf, weights } = rank({ ...alone, models: ["clip"] });
  t.equal(policy, "baseline");
  t.match(items, [{ id: "a", score: 1, propensity: 1 }]);
  t.match(partsOf(0), [{ name: "rank.clip", contribution: 1 }]);
  t.same([...weights], [["clip", 1]]);
  t.same(rank({ ...list, candidates: [] }).items, []);
});

t.test("diversity puts what is like the first one further down", async (t) => {
  const at = (id: string, clip: number, angle: number): Candidate => ({
    id,
    cosines: new Map([["clip", clip]]),
    category: "",
    colour: "",
    owned: false,
    vectors: new Map([["fashion", Float32Array.of(Math.cos(angle), Math.sin(angle))]]),
  });
  const list = [at("first", 0.9, 0), at("alike", 0.89, 0.01), at("other", 0.5, 1.5)];
  const order = (diversity: number) =>
    rank({ ...inputOf(list, { policy: "baseline", k: 3, diversity, seed: 1 }), models: ["clip"] }).items.map(
      ({ id }) => id,
    );
  t.same(order(0), ["first", "alike", "other"]);
  t.same(order(0.6), ["first", "other", "alike"]);
});
