import fc from "fast-check";
import t from "tap";
import { BUCKETS, bucketOf, shareOut, sharesOf } from "./rollout.ts";

/** Shares of three policies in hundredths of a percent, whose sum is 100 %. */
const shares = fc
  .tuple(fc.integer({ min: 0, max: BUCKETS }), fc.integer({ min: 0, max: BUCKETS }))
  .map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const)
  .map(([a, b]) => new Map([a, b - a, BUCKETS - b].map((count, place) => [place, (count * 100) / BUCKETS])));

t.test("each policy gets its share, and no more people change theirs than must", async () => {
  fc.assert(
    fc.property(shares, shares, (first, second) => {
      const before = shareOut(new Uint8Array(BUCKETS), first);
      const after = shareOut(before, second);
      const got = sharesOf(after);
      const moved = after.reduce((sum, place, bucket) => sum + (place === before[bucket] ? 0 : 1), 0);
      const must = [...second].reduce((sum, [place, share]) => sum + Math.max(0, share - (first.get(place) ?? 0)), 0);
      const fits = [...second].every(([place, share]) => Math.abs((got.get(place) ?? 0) - share) < 1e-9);
      return fits && Math.abs((moved * 100) / BUCKETS - must) < 1e-6;
    }),
    { numRuns: 50 },
  );
});

t.test("shares that are no whole buckets are rounded so that everybody has a policy", async (t) => {
  const thirds = new Map([0, 1, 2].map((place) => [place, 100 / 3]));
  t.same(
    sharesOf(shareOut(new Uint8Array(BUCKETS), thirds)),
    new Map([0, 1, 2].map((place) => [place, place ? 33.33 : 33.34])),
  );
});

t.test("people are spread over the buckets evenly, and stay where they are", async (t) => {
  const counts = new Array<number>(10).fill(0);
  for (let n = 0; n < 20_000; n++) {
    const tenth = Math.floor(bucketOf(`person-${n}`) / 1000);
    counts[tenth] = counts[tenth]! + 1;
  }
  for (const count of counts) t.ok(count > 1800 && count < 2200, `${count} of 2,000`);
  t.equal(bucketOf("ann"), bucketOf("ann"));
});
