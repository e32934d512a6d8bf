import fc from "fast-check";
import t from "tap";
import { hasOutgrown, lossesInARow, restartDelayMs, standardPolicy } from "./restart-policy.ts";

t.test("the first restart comes at once, later ones ever later, up to the longest", async (t) => {
  t.strictSame(
    [1, 2, 3, 4, 5, 6, 7, 99].map((losses) => restartDelayMs(standardPolicy, losses)),
    [0, 100, 300, 900, 2700, 8100, 10_000, 10_000],
  );
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1000 }), (losses) => {
      t.ok(restartDelayMs(standardPolicy, losses) <= restartDelayMs(standardPolicy, losses + 1));
    }),
  );
  t.throws(() => restartDelayMs(standardPolicy, 0), RangeError);
});

t.test("one that ran long enough has recovered", async (t) => {
  t.equal(lossesInARow(standardPolicy, 5, 29_999), 6);
  t.equal(lossesInARow(standardPolicy, 5, 30_000), 1);
});

t.test("a process is replaced once it is past the limit, but not for what it had from the start", async (t) => {
  t.equal(hasOutgrown(299, 100, 300), false);
  t.equal(hasOutgrown(301, 100, 300), true);
  t.equal(hasOutgrown(320, 310, 300), false);
  t.equal(hasOutgrown(400, 310, 300), true);
});
