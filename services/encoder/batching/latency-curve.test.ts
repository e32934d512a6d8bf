import fc from "fast-check";
import t from "tap";
import { LatencyCurve } from "./latency-curve.ts";
import { randomFrom } from "./testing.ts";

const size = fc.integer({ min: 1, max: 64 });
const runs = fc.array(fc.record({ n: size, ms: fc.double({ min: 0, max: 1e5, noNaN: true }) }), {
  minLength: 1,
  maxLength: 120,
});

t.test("an estimate is positive, finite and never falls with the size, whatever was seen", (t) => {
  fc.assert(
    fc.property(runs, (runs) => {
      const curve = new LatencyCurve();
      for (const { n, ms } of runs) curve.observe("s", n, ms, 0);
      let last = 0;
      for (let n = 1; n <= 128; n++) {
        const typical = curve.estimate("s", n) ?? Number.NaN;
        const safe = curve.safeEstimate("s", n) ?? Number.NaN;
        if (!(typical > 0 && Number.isFinite(safe) && safe >= typical && typical >= last - 1e-9 * last)) return false;
        last = typical;
      }
      return true;
    }),
  );
  t.end();
});

t.test("it converges to a + b·n, and again when the machine changes", (t) => {
  const positive = fc.double({ min: 0.5, max: 50, noNaN: true });
  fc.assert(
    fc.property(positive, positive, positive, fc.integer(), (a, b, slower, seed) => {
      const random = randomFrom(seed);
      const curve = new LatencyCurve();
      const learn = (factor: number) => {
        for (let i = 0; i < 1000; i++) {
          const n = 1 + Math.floor(32 * random());
          curve.observe("s", n, factor * (a + b * n) * (0.95 + 0.1 * random()), i);
        }
        for (const n of [1, 2, 7, 16, 32, 48]) {
          const truth = factor * (a + b * n);
          t.ok(
            Math.abs((curve.estimate("s", n) ?? 0) - truth) < 0.1 * truth,
            `${n} rows: ${curve.estimate("s", n)}, truth ${truth}`,
          );
        }
        t.ok(Math.abs((curve.fixedMs("s") ?? 0) - factor * a) < 0.1 * factor * (a + 16 * b));
      };
      learn(1);
      learn(slower);
    }),
    { numRuns: 30 },
  );
  t.end();
});

t.test("a cold start is forgotten with the second run, a pause changes little", (t) => {
  const curve = new LatencyCurve();
  curve.observe("s", 1, 900, 0);
  curve.observe("s", 1, 10, 1);
  t.ok((curve.estimate("s", 1) ?? 0) < 11);
  for (let i = 0; i < 20; i++) for (const n of [1, 4, 8]) curve.observe("s", n, 5 + 5 * n, 2);
  curve.observe("s", 8, 5000, 3);
  t.ok((curve.estimate("s", 8) ?? 0) < 50);
  t.end();
});

t.test("one size alone makes more rows proportionally dearer, and fewer never dearer", (t) => {
  const curve = new LatencyCurve();
  t.same([curve.estimate("s", 1), curve.fixedMs("s"), curve.measuredAt("s")], [undefined, undefined, undefined]);
  curve.observe("s", 4, 20, 7);
  t.same([curve.estimate("s", 8), curve.fixedMs("s"), curve.measuredAt("s")], [40, undefined, 7]);
  t.ok((curve.estimate("s", 2) ?? 99) <= 20);
  t.equal(curve.leastEstimate("s", 8), 20, "nobody is refused by the guess");
  t.equal(curve.estimate("other", 1), undefined);
  t.end();
});

t.test("a bend in the curve is seen, and the best batch lies before it", (t) => {
  const curve = new LatencyCurve();
  const real = (n: number) => (n <= 8 ? 10 + n : 10 + 8 + (n - 8) * 6);
  for (let i = 0; i < 15; i++) for (let n = 1; n <= 32; n++) curve.observe("s", n, real(n), i);
  t.equal(curve.best("s", { max: 32, budgetMs: 1e6 }), 8);
  t.ok(Math.abs((curve.estimate("s", 8) ?? 0) - 18) < 3);
  t.end();
});

t.test(
  "the best batch keeps the budget, is the largest when fixed cost rules and the smallest when nothing is gained",
  (t) => {
    const learned = (a: number, b: number) => {
      const curve = new LatencyCurve();
      for (let i = 0; i < 15; i++) for (let n = 1; n <= 32; n++) curve.observe("s", n, a + b * n, i);
      return curve;
    };
    t.ok(learned(100, 1).best("s", { max: 32, budgetMs: Number.POSITIVE_INFINITY }) >= 31);
    t.equal(learned(100, 1).best("s", { max: 32, budgetMs: 110.5 }), 10);
    t.equal(learned(100, 1).best("s", { max: 32, budgetMs: 5 }), 1);
    t.equal(learned(0, 10).best("s", { max: 32, budgetMs: 1e6 }), 1);
    t.equal(new LatencyCurve().best("s", { max: 32, budgetMs: 1 }), 32);
    const singles = new LatencyCurve();
    singles.observe("s", 1, 10, 0);
    t.equal(singles.best("s", { max: 32, budgetMs: 1000 }), 32, "untried sizes are tried");
    t.equal(singles.best("s", { max: 32, budgetMs: 55 }), 5);
    const full = new LatencyCurve();
    full.observe("s", 32, 100, 0);
    t.equal(full.best("s", { max: 32, budgetMs: 1000 }), 32, "smaller ones are not taken for as good");
    t.end();
  },
);

t.test("shapes are learned apart, and the one not run for longest is forgotten first", (t) => {
  const curve = new LatencyCurve({ maxShapes: 2 });
  curve.observe("a", 1, 1, 0);
  curve.observe("b", 1, 2, 1);
  curve.observe("a", 1, 1, 2);
  curve.observe("c", 1, 3, 3);
  t.same(
    ["a", "b", "c"].map((shape) => curve.measuredAt(shape)),
    [2, undefined, 3],
  );
  t.end();
});

t.test("what a slow run may take is bounded with caution, the more runs are known the better", (t) => {
  const [steady, noisy] = [new LatencyCurve(), new LatencyCurve()];
  const random = randomFrom(4);
  steady.observe("s", 1, 10, 0);
  t.equal(
    steady.best("s", { max: 8, budgetMs: 1000, slowBudgetMs: 60 }),
    4,
    "10 ms a row, half more while little is known",
  );
  for (let i = 0; i < 64; i++) {
    const n = 1 + (i % 4);
    steady.observe("s", n, 10 * n, i);
    noisy.observe("s", n, 10 * n * (i % 10 === 0 ? 1.8 : 0.9 + 0.2 * random()), i);
  }
  t.equal(noisy.best("s", { max: 3, budgetMs: 1000, slowBudgetMs: 10 }), 1);
  t.ok((noisy.safeEstimate("s", 4) ?? 0) > (steady.safeEstimate("s", 4) ?? 0));
  t.end();
});
