import fc from "fast-check";
import t from "tap";
import { Action } from "../../../gen/flashfit/feedback/v1/feedback_pb.ts";
import { percentileInterval, resample, studentisedInterval } from "./bootstrap.ts";
import { type Counts, ESTIMATORS, type EstimatorName, estimate } from "./estimators.ts";
import { evaluatePolicy, TooLittleEvidence } from "./evaluate.ts";
import type { LoggedRecommendation } from "./logged.ts";
import { predictRewards } from "./predict.ts";
import { seededRandom } from "./random.ts";
import { rewardOfAnswer, rewardOfItem } from "./reward.ts";
import { emptyMoments, observe, solveRidge } from "./ridge.ts";
import { type Units, unitsOf } from "./units.ts";
import { weigh } from "./weigh.ts";

const { LIKE, DISLIKE, WEAR, SKIP, SAVE, PURCHASE, RATE, WEAR_OUTFIT, CORRECT } = Action;
const ACTIONS = [LIKE, DISLIKE, WEAR, SKIP, SAVE, PURCHASE, RATE, WEAR_OUTFIT, CORRECT];

/** Recommendations of one place each. */
function log(...rows: { policy?: string; own: number; target?: number; reward: number }[]): LoggedRecommendation[] {
  return rows.map(({ policy = "old", own, target, reward }) => ({
    policy,
    kind: "home",
    layout: "",
    places: [
      {
        propensities: { [policy]: own, ...(target === undefined ? {} : { new: target }) },
        reward,
        features: undefined,
      },
    ],
    expectedFeatures: {},
  }));
}

function estimateAll(units: Units, counts: Counts) {
  const estimates = ESTIMATORS.map((name) => [name, estimate(name, units, counts)] as const);
  return Object.fromEntries(estimates) as Record<EstimatorName, ReturnType<typeof estimate>>;
}

t.test("seeded numbers are the same for the same seed, differ between seeds, and are spread evenly", async (t) => {
  const draws = (seed: bigint) => {
    const random = seededRandom(seed);
    return Array.from({ length: 5000 }, random);
  };
  t.same(draws(7n), draws(7n));
  t.notSame(draws(7n).slice(0, 3), draws(8n).slice(0, 3));
  t.notSame(draws(1n).slice(0, 3), draws(1n << 32n).slice(0, 3), "both halves of the seed count");
  const mean = draws(1n).reduce((sum, one) => sum + one, 0) / 5000;
  t.ok(Math.abs(mean - 0.5) < 0.02, `${mean}`);
});

t.test("a reward is the best positive answer plus the worst negative one, in any order, however often", async (t) => {
  const says = (action: Action, rating = 0) => ({ action, rating });
  t.equal(rewardOfItem([]), 0);
  t.equal(rewardOfItem([says(Action.LIKE), says(Action.WEAR), says(Action.LIKE)]), 1);
  t.equal(rewardOfItem([says(Action.WEAR), says(Action.DISLIKE)]), 0.5);
  t.same(
    [1, 2, 3, 4, 5].map((rating) => rewardOfAnswer(says(Action.RATE, rating))),
    [-1, -0.5, 0, 0.5, 1],
  );
  t.equal(rewardOfAnswer(says(Action.CORRECT)), 0);
  const answer = fc.record({
    action: fc.constantFrom(...ACTIONS),
    rating: fc.integer({ min: 0, max: 5 }),
  });
  fc.assert(
    fc.property(fc.array(answer), (answers) => {
      const reward = rewardOfItem(answers);
      const again = rewardOfItem([...answers, ...answers].reverse());
      return reward >= -1 && reward <= 1 && reward === again;
    }),
  );
});

t.test("a weight is the target's propensity over that of the policies that share the log", async (t) => {
  const several: { policy: string; propensities: Record<string, number> }[] = [
    { policy: "old", propensities: { old: 1, lucky: 0.5, new: 0.25 } },
    { policy: "lucky", propensities: { old: 0, lucky: 0.5, new: 0.75 } },
    { policy: "lucky", propensities: { lucky: 0.25, new: 0.5 } }, // it knows nothing of the old one
  ];
  const both = several.map(({ policy, propensities }) => ({
    ...log({ own: 1, reward: 0 })[0]!,
    policy,
    places: [{ propensities, reward: 0, features: undefined }],
  }));
  const { rounds, leftOut } = weigh(
    [...both, ...log({ own: 1, reward: 1 }), ...log({ own: 0, target: 1, reward: 1 })],
    "new",
    10,
  );
  t.equal(leftOut, 2, "one does not know the target, one was shown with no chance");
  const weights = rounds.map((round) => round.weights[0]!);
  const near = (a: number, b: number) => Math.abs(a - b) < 1e-12;
  t.ok(
    near(weights[0]!, 0.25 / (1 / 3 + (2 / 3) * 0.5)) &&
      near(weights[1]!, 0.75 / ((2 / 3) * 0.5)) &&
      near(weights[2]!, 2),
    `${weights}`,
  );
});

t.test("weights are clipped at √n, at least 10, and the log says how much of the target it shows", async (t) => {
  const rows = Array.from({ length: 400 }, (_, n) => ({ own: n < 2 ? 0.01 : 1, target: n < 200 ? 1 : 0, reward: 0 }));
  const found = weigh(log(...rows), "new", 10);
  t.match(found, { largestWeight: 20, clipped: 2 / 400, meanWeight: (200 + 198) / 400 });
  const sum = 2 * 20 + 198;
  t.equal(found.effectiveSampleSize, sum ** 2 / (2 * 400 + 198));
});

t.test("ridge regression finds what made the numbers", async (t) => {
  const truth = [2, -1, 0.5];
  const random = seededRandom(3n);
  const moments = emptyMoments(3);
  for (let n = 0; n < 2000; n++) {
    const x = truth.map(() => random() - 0.5);
    observe(moments, x, x.reduce((sum, value, i) => sum + value * truth[i]!, 0) + 0.1 * (random() - 0.5));
  }
  const found = solveRidge(moments, 1e-6);
  for (const [i, value] of truth.entries()) t.ok(Math.abs(found[i]! - value) < 0.02, `${found[i]}`);
  t.same([...solveRidge(emptyMoments(2), 1)], [0, 0]);
});

t.test("when the target is what showed everything, all estimators are what was earned", async (t) => {
  const reward = fc.constantFrom<number[]>(0, 0.5, 1, -0.25);
  await fc.assert(
    fc.asyncProperty(fc.array(reward, { minLength: 5, maxLength: 60 }), async (rewards) => {
      const { rounds } = weigh(log(...rewards.map((one) => ({ own: 0.3, target: 0.3, reward: one }))), "new", 10);
      const units = unitsOf(rounds, await predictRewards(rounds, "new"), seededRandom(1n));
      const found = estimateAll(units, new Uint16Array(units.count).fill(1));
      const mean = rewards.reduce((sum: number, one) => sum + one, 0) / rewards.length;
      for (const [name, { value }] of Object.entries(found)) t.ok(Math.abs(value - mean) < 1e-9, name);
    }),
    { numRuns: 30 },
  );
});

t.test("the estimators on a log that can be counted by hand", async (t) => {
  const rows = [
    { own: 0.5, target: 1, reward: 1 },
    { own: 0.5, target: 0, reward: 0.5 },
    { own: 0.25, target: 0.5, reward: 0 },
    { own: 0.5, target: 0.5, reward: -0.5 },
  ];
  const { rounds } = weigh(log(...rows), "new", 10);
  const none = rounds.map(() => ({ shown: new Float64Array([0.2]), target: new Float64Array([0.1]) }));
  const units = unitsOf(rounds, none, seededRandom(1n));
  const found = estimateAll(units, new Uint16Array(4).fill(1));
  t.equal(found.ips.value, (2 * 1 + 0 + 0 - 0.5) / 4);
  t.equal(found.snips.value, 1.5 / 5);
  t.ok(Math.abs(found.dr.value - (0.1 + (2 * 0.8 - 2 * 0.2 - 0.7) / 4)) < 1e-12);
  t.equal(found.logged.value, 0.25);
  const doubled = estimateAll(units, new Uint16Array([2, 0, 2, 0]));
  t.equal(doubled.snips.value, 0.5, "two counted twice, two not at all");
});

t.test("a long log is resampled in units that hold all of it", async (t) => {
  const rows = Array.from({ length: 1000 }, (_, n) => ({ own: 0.5, target: 0.5, reward: n % 2 }));
  const { rounds } = weigh(log(...rows), "new", 10);
  const predictions = await predictRewards(rounds, "new");
  const few = unitsOf(rounds, predictions, seededRandom(1n), 64);
  const all = unitsOf(rounds, predictions, seededRandom(1n));
  t.same([few.count, all.count], [64, 1000]);
  t.equal(
    few.size.reduce((sum, size) => sum + size, 0),
    1000,
  );
  const [a, b] = [few, all].map((units) => estimateAll(units, new Uint16Array(units.count).fill(1)).snips);
  t.ok(Math.abs(a!.value - b!.value) < 1e-12);
  t.ok(Math.abs(a!.error / b!.error - 1) < 0.4, "the spread is estimated from fewer pieces");
});

t.test("intervals hold the value, are the same for a seed, and get narrower with more evidence", async (t) => {
  const interval = async (n: number) => {
    const random = seededRandom(5n);
    const rows = Array.from({ length: n }, () => ({
      own: 0.5,
      target: random() < 0.5 ? 0.25 : 0.75,
      reward: random() < 0.3 ? 1 : 0,
    }));
    const { rounds } = weigh(log(...rows), "new", 10);
    const units = unitsOf(rounds, await predictRewards(rounds, "new"), seededRandom(1n));
    const { snips } = await resample(units, ["snips"], 400, seededRandom(2n));
    return { value: snips.point.value, student: studentisedInterval(snips), percentile: percentileInterval(snips) };
  };
  const [few, again, many] = [await interval(100), await interval(100), await interval(1600)];
  t.same(few, again);
  for (const { value, student, percentile } of [few, many]) {
    t.ok(student.lower < value && value < student.upper);
    t.ok(percentile.lower < value && value < percentile.upper);
  }
  const width = ({ student }: typeof few) => student.upper - student.lower;
  t.ok(Math.abs(width(few) / width(many) - 4) < 1.2, `${width(few) / width(many)}: √16`);
});

t.test("features make the reward model know what places alone do not", async (t) => {
  const random = seededRandom(9n);
  const rows = Array.from({ length: 400 }, (): LoggedRecommendation => {
    const x = random();
    const features = Float32Array.of(x);
    const expectedFeatures: Record<string, Float32Array> = { new: Float32Array.of(1) };
    const places = [{ propensities: { old: 0.5, new: 0.5 }, reward: x > random() ? 1 : 0, features }];
    return { policy: "old", kind: "home", layout: "x/1", places, expectedFeatures };
  });
  const { rounds } = weigh(rows, "new", 10);
  const [known] = await predictRewards(rounds, "new");
  t.ok(Math.abs(known!.target[0]! - 1) < 0.15, `at x = 1 the reward is 1, predicted ${known!.target[0]}`);
  const [blind] = await predictRewards(rounds, "old");
  t.ok(
    Math.abs(blind!.target[0]! - 0.5) < 0.1,
    `without expected features it is the mean, predicted ${blind!.target[0]}`,
  );
});

t.test("one estimator alone says what it says beside the others, and nothing is said of those", async (t) => {
  const rows = Array.from({ length: 60 }, (_, n) => ({ own: 0.5, target: n % 3 ? 0.25 : 0.75, reward: (n % 7) / 7 }));
  const options = { policy: "new", places: 10, bootstrapSamples: 50, seed: 4n };
  const all = await evaluatePolicy(log(...rows), { ...options, estimators: ESTIMATORS });
  const { snips, ...rest } = await evaluatePolicy(log(...rows), { ...options, estimators: ["snips"] });
  t.same(snips, all.snips);
  const { ips: _, dr: __, logged: ___, snips: ____, ...weights } = all;
  t.same(rest, weights);
  t.ok(Number.isNaN(unitsOf(weigh(log(...rows), "new", 10).rounds, undefined, seededRandom(1n)).dr[0]));
});

t.test("a log that says too little is refused, with what there is", async (t) => {
  const options = { policy: "new", estimators: ESTIMATORS, places: 10, bootstrapSamples: 100, seed: 1n };
  const rows = (n: number, target: number | undefined) =>
    log(...Array.from({ length: n }, () => ({ own: 1, target, reward: 1 })));
  await t.rejects(
    evaluatePolicy(rows(29, 1), options),
    new TooLittleEvidence(
      "expected at least 30 recommendations that say what new would have shown, got 29 (0 others do not)",
    ),
  );
  await t.rejects(evaluatePolicy(rows(100, undefined), options), /got 0 \(100 others do not\)/);
  await t.rejects(
    evaluatePolicy([...rows(9, 1), ...rows(91, 0)], options),
    /at least 10 recommendations, got 9\.0 from 100/,
  );
  t.match(await evaluatePolicy(rows(30, 1), options), { snips: { value: 1, lower: 1, upper: 1 }, meanWeight: 1 });
});
