import fc from "fast-check";
import t from "tap";
import { BestRows, nextAbove } from "./best-rows.ts";

const score = fc.oneof(fc.constantFrom(-1.5, -0.25, 0, 0.25, 1), fc.float({ noNaN: true })).map((value) => value + 0);
const offers = fc.uniqueArray(fc.record({ row: fc.nat(5000), score }), { selector: ({ row }) => row, maxLength: 300 });

function pairsOf(all: { row: number; score: number }[]): Uint32Array {
  const pairs = new Uint32Array(all.length * 2);
  const floats = new Float32Array(pairs.buffer);
  for (const [n, { row, score }] of all.entries()) {
    pairs[2 * n] = row;
    floats[2 * n + 1] = score;
  }
  return pairs;
}

t.test("what is kept is what a sort would give, in whatever portions it came", async (t) => {
  fc.assert(
    fc.property(
      offers,
      fc.integer({ min: 1, max: 40 }),
      fc.integer({ min: 1, max: 300 }),
      score,
      (all, k, cut, least) => {
        const one = new BestRows(k, least);
        const other = new BestRows(k, least);
        const wanted = all.filter(({ score }) => score >= Math.fround(least));
        one.offer(pairsOf(wanted.slice(cut)), Math.max(0, wanted.length - cut));
        one.prune();
        other.offer(pairsOf(wanted.slice(0, cut)), Math.min(cut, wanted.length));
        one.offerKeys(other.keys(), 0);
        const sorted = [...wanted].sort((a, b) => b.score - a.score || a.row - b.row);
        const last = sorted[k - 1]?.score ?? Number.NEGATIVE_INFINITY;
        const expected = sorted.filter(({ score }) => score >= last);
        const { rows, scores } = one.best();
        t.strictSame([[...rows], [...scores]], [expected.map(({ row }) => row), expected.map(({ score }) => score)]);
        t.equal(one.threshold, expected.length >= k ? Math.max(last, Math.fround(least)) : Math.fround(least));
      },
    ),
  );
});

t.test("rows that share the last score are kept while there is room", async (t) => {
  const best = new BestRows(2);
  const equal = Array.from({ length: 5000 }, (_, row) => ({ row: 5000 - row, score: 0.5 }));
  best.offer(pairsOf(equal), equal.length);
  best.prune();
  t.ok(best.full);
  const { rows } = best.best();
  t.equal(rows.length, 4096);
  t.same([rows[0], rows.at(-1)], [1, 4096]);
  best.offer(
    pairsOf([
      { row: 9, score: 0.75 },
      { row: 8, score: 0.75 },
    ]),
    2,
  );
  best.prune();
  t.notOk(best.full);
  t.same([...best.best().rows], [8, 9]);
});

t.test("the next float above is above, with none between", async () => {
  fc.assert(
    fc.property(fc.float({ noNaN: true, noDefaultInfinity: true }), (value) => {
      const above = nextAbove(value);
      const middle = Math.fround(value / 2 + above / 2);
      return above > value && (middle === value || middle === above || Math.abs(value) < 2 ** -126);
    }),
  );
});
