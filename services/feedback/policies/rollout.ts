import { createHash } from "node:crypto";

/** People are shared out in this many parts: a share is a whole number of hundredths of a percent. */
export const BUCKETS = 10_000;

/** The bucket of a person, the same for ever: 0 to 9,999. */
export function bucketOf(userId: string): number {
  return createHash("sha256").update(userId).digest().readUInt32BE(0) % BUCKETS;
}

/**
 * Give each policy its share of the buckets, moving as few as that takes: a bucket stays where it is unless its policy
 * has more than it may keep. The last ones of a policy go first, to the policies in the order of their places.
 *
 * @param buckets the place of the policy of each bucket
 * @param shares percent by place, whose sum is 100
 */
export function shareOut(buckets: Uint8Array, shares: ReadonlyMap<number, number>): Uint8Array {
  const free = bucketsOf(shares);
  const next = buckets.slice();
  const homeless: number[] = [];
  for (const [bucket, place] of buckets.entries()) {
    const left = free.get(place) ?? 0;
    if (left > 0) free.set(place, left - 1);
    else homeless.push(bucket);
  }
  for (const place of [...free.keys()].sort((a, b) => a - b)) {
    for (const bucket of homeless.splice(0, free.get(place))) next[bucket] = place;
  }
  return next;
}

/** Percent by place, as buckets say it. */
export function sharesOf(buckets: Uint8Array): Map<number, number> {
  const counts = new Map<number, number>();
  for (const place of buckets) counts.set(place, (counts.get(place) ?? 0) + 1);
  return new Map([...counts].map(([place, count]) => [place, (count * 100) / BUCKETS]));
}

/** Whole numbers of buckets, by the largest remainder. */
function bucketsOf(shares: ReadonlyMap<number, number>): Map<number, number> {
  const exact = [...shares].map(([place, share]) => ({ place, buckets: (share * BUCKETS) / 100 }));
  const whole = new Map(exact.map(({ place, buckets }) => [place, Math.floor(buckets + 1e-9)]));
  let left = BUCKETS - [...whole.values()].reduce((sum, count) => sum + count, 0);
  const byRemainder = exact.toSorted((a, b) => (b.buckets % 1) - (a.buckets % 1) || a.place - b.place);
  for (const { place } of byRemainder) {
    if (left <= 0) break;
    whole.set(place, whole.get(place)! + 1);
    left--;
  }
  return whole;
}
