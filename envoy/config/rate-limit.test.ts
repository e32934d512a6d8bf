import fc from "fast-check";
import t from "tap";
import { bucket, retryAfterSeconds } from "./rate-limit.ts";

t.test("a bucket fills at the asked rate, no oftener than Envoy can, and holds the burst", async () => {
  const limits = fc.record({
    perSecond: fc.double({ min: 0.01, max: 1e5, noNaN: true }),
    burst: fc.integer({ min: 1, max: 1000 }),
  });
  fc.assert(
    fc.property(limits, (limit) => {
      const { maxTokens, tokensPerFill, fillInterval } = bucket(limit);
      const interval = Number(fillInterval.seconds) + fillInterval.nanos / 1e9;
      const rate = tokensPerFill / interval;
      return interval >= 0.0499 && Math.abs(rate / limit.perSecond - 1) < 1e-6 && maxTokens >= limit.burst;
    }),
  );
});

t.test("a rate that is not above 0 is refused", async (t) => {
  t.throws(() => bucket({ perSecond: 0, burst: 1 }), new RangeError("expected a rate above 0 calls a second, got 0"));
});

t.test("retry-after is whole seconds, at least one", async (t) => {
  t.same(
    [10, 1, 0.3].map((perSecond) => retryAfterSeconds({ perSecond, burst: 1 })),
    [1, 1, 4],
  );
});
