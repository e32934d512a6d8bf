import fc from "fast-check";
import t from "tap";
import { CpuBudget } from "./cpu-budget.ts";
import { hits, lowerBound, upperBound } from "./recall.ts";
import { RecallWindow } from "./recall-window.ts";
import { recallOfSample, SPARE } from "./sample.ts";
import { TimeSlices } from "./time-slices.ts";

const list = (...items: [string, number][]) => items.map(([itemId, score]) => ({ itemId, score }));

t.test("ties with the last of the true ones are hits", async (t) => {
  const exact = list(["a", 3], ["b", 2]);
  t.equal(hits(list(["a", 3], ["c", 2]), exact), 2);
  t.equal(hits(list(["a", 3], ["c", 1]), exact), 1);
  t.equal(hits(list(["a", 3]), []), 0);
});

t.test("Wilson's interval holds the share, and closes in on it", async (t) => {
  // Newcombe 1998, table I: 81 of 263 is 0.2553 to 0.3662.
  t.equal(lowerBound(81, 263).toFixed(4), "0.2553");
  t.equal(upperBound(81, 263).toFixed(4), "0.3662");
  t.same([lowerBound(0, 0), upperBound(0, 0)], [0, 1]);
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 10_000 }), fc.double({ min: 0, max: 1, noNaN: true }), (of, share) => {
      const [low, high] = [lowerBound(share * of, of), upperBound(share * of, of)];
      const wider = upperBound(share * of * 4, of * 4) - lowerBound(share * of * 4, of * 4);
      return low >= 0 && high <= 1 && low <= share + 1e-12 && high >= share - 1e-12 && wider <= high - low + 1e-12;
    }),
  );
});

t.test("sums are of the last minutes alone", async (t) => {
  let now = 0;
  const sums = new TimeSlices({ names: ["a", "b"] as const, sliceMs: 10, slices: 3, nowMs: () => now });
  sums.add("a", 2);
  now = 10;
  sums.add("a");
  sums.add("b", 5);
  t.same([sums.sum("a"), sums.sum("b")], [3, 5]);
  now = 29;
  t.equal(sums.sum("a"), 3);
  now = 30;
  t.equal(sums.sum("a"), 1, "the first slice is out, though nothing took its place");
  sums.forget("a");
  t.same([sums.sum("a"), sums.sum("b")], [0, 5]);
  now = 1000;
  t.equal(sums.sum("b"), 0);
});

t.test("a budget is never exceeded by more than its last piece of work, whatever comes when", async (t) => {
  const step = fc.record({ waitMs: fc.nat(3000), workMs: fc.nat(500) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), fc.integer({ min: 1, max: 100 }), (steps, msPerSecond) => {
      let now = 0;
      let spent = 0;
      let last = 0;
      const budget = new CpuBudget({ msPerSecond, burstSeconds: 2, nowMs: () => now });
      for (const { waitMs, workMs } of steps) {
        now += waitMs;
        if (!budget.left) continue;
        budget.spend(workMs);
        spent += workMs;
        last = workMs;
      }
      return spent - last <= msPerSecond * (2 + now / 1000) + 1e-6;
    }),
  );
  const none = new CpuBudget({ msPerSecond: 0, nowMs: () => 1e9 });
  t.equal(none.left, false);
});

t.test("a window mixes what is exact by definition with what was measured", async (t) => {
  let now = 0;
  const window = new RecallWindow(() => now);
  t.same(window.value, { all: 1, graph: 1, low: 0, high: 1, samples: 0 });
  for (let i = 0; i < 6; i++) window.answered("exact");
  for (let i = 0; i < 4; i++) window.answered("graph");
  t.equal(window.value.all, 1, "nothing was measured yet");
  window.measured(0.5, window.generation);
  window.measured(1, window.generation);
  t.match(window.value, { all: 0.9, graph: 0.75, samples: 2 });
  t.ok(window.value.low < 0.75 && window.value.high > 0.75);
  const { generation } = window;
  window.graphReplaced();
  window.measured(0, generation);
  t.match(window.value, { all: 1, graph: 1, samples: 0 }, "that was another graph");
  window.measured(0, window.generation);
  now += 600_000;
  t.equal(window.value.samples, 0, "ten minutes later nothing is left");
});

t.test("a sample is judged by the state that it was taken from", async (t) => {
  const recall = (found: [string, number][], exact: [string, number][], changed: string[] = [], k = 3) =>
    recallOfSample({ found: list(...found), exact: list(...exact), k, changed: (id) => changed.includes(id) });
  const truth: [string, number][] = [
    ["a", 9],
    ["b", 8],
    ["c", 7],
    ["d", 6],
  ];
  t.equal(
    recall(
      [
        ["a", 9],
        ["b", 8],
        ["c", 7],
      ],
      truth,
    ),
    1,
  );
  t.equal(
    recall(
      [
        ["a", 9],
        ["b", 8],
        ["d", 6],
      ],
      truth,
    ),
    2 / 3,
  );
  t.equal(recall([], truth), 0);
  t.equal(recall([], []), 1, "there was nothing to find");
  const later: [string, number][] = [["new", 10], ...truth];
  t.equal(
    recall(
      [
        ["a", 9],
        ["b", 8],
        ["c", 7],
      ],
      later,
      ["new"],
    ),
    1,
    "what came later could not be found",
  );
  t.equal(
    recall(
      [
        ["a", 9],
        ["gone", 8.5],
        ["b", 8],
      ],
      truth,
      ["gone"],
    ),
    1,
    "what went away was right to be found",
  );
  const crowd = Array.from({ length: 3 + SPARE }, (_, i): [string, number] => [`new${i}`, 20]);
  const names = crowd.map(([name]) => name);
  t.equal(recall([["a", 9]], crowd, names), undefined, "so much came that the old neighbours are out of sight");
});
