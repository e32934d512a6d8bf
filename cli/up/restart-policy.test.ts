import fc from "fast-check";
import t from "tap";
import { crashesInARow, restartDelayMs, standardPolicy } from "./restart-policy.ts";

t.test("the first restart comes at once, later ones wait twice as long each, up to the longest", async (t) => {
  const waits = [1, 2, 3, 4, 5, 6, 7, 8].map((crashes) => restartDelayMs(standardPolicy, crashes));
  t.same(waits, [100, 500, 1000, 2000, 4000, 8000, 10_000, 10_000]);
});

t.test("a wait never shrinks while crashes follow each other, and never passes the longest", async () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 10_000 }), (crashes) => {
      const now = restartDelayMs(standardPolicy, crashes);
      return now <= restartDelayMs(standardPolicy, crashes + 1) && now <= standardPolicy.longestMs;
    }),
  );
});

t.test("a child that ran long enough has recovered", async (t) => {
  t.equal(crashesInARow(standardPolicy, 5, standardPolicy.recoveredAfterMs), 1);
  t.equal(crashesInARow(standardPolicy, 5, standardPolicy.recoveredAfterMs - 1), 6);
});

t.test("a count below 1 is a mistake of the caller", async (t) => {
  t.throws(() => restartDelayMs(standardPolicy, 0), new RangeError("expected a count from 1 on, got 0"));
});
