import { createHash } from "node:crypto";
import fc from "fast-check";
import t from "tap";
import { CanaryTally, isInShare } from "./canary.ts";

const digest = (n: number) => createHash("sha256").update(String(n)).digest("hex");

t.test("the share is met, and grows by taking in more", async (t) => {
  const digests = Array.from({ length: 20_000 }, (_, n) => digest(n));
  for (const percent of [1, 10, 50]) {
    const share = digests.filter((each) => isInShare(each, percent)).length / digests.length;
    t.ok(Math.abs(share - percent / 100) < 0.012, `${percent} %: ${share}`);
  }
  fc.assert(
    fc.property(fc.nat(), fc.integer({ min: 0, max: 100 }), fc.integer({ min: 0, max: 100 }), (n, a, b) => {
      if (isInShare(digest(n), Math.min(a, b))) t.ok(isInShare(digest(n), Math.max(a, b)));
      t.notOk(isInShare(digest(n), 0));
      t.ok(isInShare(digest(n), 100));
    }),
  );
  t.throws(() => isInShare("", 50), RangeError);
});

t.test("what was seen is added up", async (t) => {
  const tally = new CanaryTally();
  t.strictSame(tally.report, { compared: 0, failed: 0, meanCosine: Number.NaN, relativeTime: Number.NaN });
  tally.add({ kind: "answered", cosine: 1, activeMs: 2, canaryMs: 1 });
  tally.add({ kind: "answered", cosine: 0.5, activeMs: 2, canaryMs: 2 });
  tally.add({ kind: "answered", cosine: undefined, activeMs: 4, canaryMs: 9 });
  tally.add({ kind: "failed" });
  t.strictSame(tally.report, { compared: 4, failed: 1, meanCosine: 0.75, relativeTime: 1.5 });
});
