import fc from "fast-check";
import t from "tap";
import { COSTS, type HealthFacts, type HealthParts, healthParts, healthScore, PART_NAMES } from "./health-score.ts";

const well: HealthFacts = {
  ...{ lag: 0, connected: true, recall: 1, rows: 10_000, tombstones: 0 },
  ...{ snapshotsLate: 0, memoryFree: 0.5, searches: 1000, errors: 0 },
};
const scoreOf = (facts: Partial<HealthFacts>) => Number(healthScore(healthParts({ ...well, ...facts })).toFixed(3));

const share = fc.double({ min: 0, max: 1, noNaN: true });
const count = fc.nat(1_000_000);
const anyFacts: fc.Arbitrary<HealthFacts> = fc
  .record({
    ...{ lag: count, connected: fc.boolean(), recall: share, rows: count, dead: share },
    ...{
      snapshotsLate: fc.double({ min: 0, max: 1e6, noNaN: true }),
      memoryFree: share,
      searches: count,
      failed: share,
    },
  })
  .map(({ dead, failed, ...facts }) => ({
    ...facts,
    tombstones: Math.floor(dead * facts.rows),
    errors: Math.floor(failed * facts.searches),
  }));
const anyParts = fc.record(
  Object.fromEntries(PART_NAMES.map((name) => [name, share])),
) as unknown as fc.Arbitrary<HealthParts>;

t.test("all is well: 1, also of an index that is empty and was never asked", async (t) => {
  t.equal(scoreOf({}), 1);
  t.equal(scoreOf({ rows: 0, searches: 0 }), 1);
  t.same(
    Object.values(healthParts(well)),
    PART_NAMES.map(() => 1),
  );
});

t.test("parts and score lie in 0 to 1, whatever the facts", async () => {
  fc.assert(
    fc.property(anyFacts, (facts) => {
      const parts = healthParts(facts);
      const all = [...PART_NAMES.map((name) => parts[name]), healthScore(parts)];
      return all.every((value) => value >= 0 && value <= 1);
    }),
  );
});

t.test("the score falls with every part, by its cost at most", async (t) => {
  fc.assert(
    fc.property(anyParts, fc.constantFrom(...PART_NAMES), share, (parts, name, other) => {
      const [low, high] = [Math.min(parts[name], other), Math.max(parts[name], other)];
      const [worse, better] = [healthScore({ ...parts, [name]: low }), healthScore({ ...parts, [name]: high })];
      return worse <= better && (high - low < 1e-6 || worse < better || better === 0);
    }),
  );
  for (const name of PART_NAMES) {
    const parts = { ...healthParts(well), [name]: 0 };
    t.ok(Math.abs(healthScore(parts) - (1 - COSTS[name])) < 1e-12, name);
  }
});

t.test("every part falls with what it is about", async (t) => {
  const worse: [keyof HealthParts, (facts: HealthFacts, by: number) => HealthFacts][] = [
    ["freshness", (facts, by) => ({ ...facts, lag: facts.lag + by })],
    ["connection", (facts) => ({ ...facts, connected: false })],
    ["recall", (facts, by) => ({ ...facts, recall: facts.recall / (1 + by) })],
    ["tombstones", (facts, by) => ({ ...facts, tombstones: facts.tombstones + by })],
    ["snapshot", (facts, by) => ({ ...facts, snapshotsLate: facts.snapshotsLate + by })],
    ["memory", (facts, by) => ({ ...facts, memoryFree: facts.memoryFree / (1 + by) })],
    ["errors", (facts, by) => ({ ...facts, errors: facts.errors + by })],
  ];
  t.same(
    worse.map(([name]) => name),
    PART_NAMES,
  );
  fc.assert(
    fc.property(anyFacts, fc.constantFrom(...worse), fc.nat(1000), (facts, [name, change], by) => {
      const [before, after] = [healthParts(facts), healthParts(change(facts, by))];
      return PART_NAMES.every((one) => (one === name ? after[one] <= before[one] : after[one] === before[one]));
    }),
  );
});

t.test("what single faults come to", async (t) => {
  t.equal(scoreOf({ connected: false }), 0.7, "the log is away: a warning, and it goes on serving");
  t.equal(scoreOf({ lag: 100 }), 0.65);
  t.equal(scoreOf({ lag: 251 }), 0.499);
  t.equal(scoreOf({ lag: 1e9 }), 0.3);
  t.equal(scoreOf({ recall: 0.95 }), 1);
  t.equal(scoreOf({ recall: 0.8 }), 0.85);
  t.equal(scoreOf({ recall: 0 }), 0.55, "a bad graph is bad on every replica: it takes none out by itself");
  t.equal(scoreOf({ rows: 10_000, tombstones: 6000 }), 0.85);
  t.equal(scoreOf({ rows: 1010, tombstones: 1000 }), 1, "so few dead rows are left where they are");
  t.equal(scoreOf({ snapshotsLate: 1.9 }), 1);
  t.equal(scoreOf({ snapshotsLate: 100 }), 0.85);
  t.equal(scoreOf({ memoryFree: 0.05 }), 0.775);
  t.equal(scoreOf({ errors: 500 }), 0.2);
  t.equal(scoreOf({ searches: 1, errors: 1 }), 0.84, "one failure is not the end");
});
