import fc from "fast-check";
import t from "tap";
import { BestRows, nextAbove } from "./best-rows.ts";

const score = fc.oneof(fc.constantFrom(-1.5, -0.25, 0, 0.25, 1), fc.float({ noNaN: true })).map((value) => value + 0);
const offers = fc.uniqueArray(fc.record({ row: fc.nat(5000), score }), { selector: ({ row }) => row, maxLength: 300 });

function offer(best: BestRows, all: { row: number; score: number }[]): void {
  for (const { row, score } of all) best.offer(row, score);
}

t.test("what is kept is what a sort would give, in whatever portions it came", async (t) => {
  fc.assert(
    fc.property(offers, fc.integer({ min: 1, max: 40 }), fc.nat(300), score, (all, k, cut, least) => {
      const one = new BestRows(k, least);
      const other = new BestRows(1);
      other.reset(k, least);
      offer(one, all.slice(cut));
      offer(other, all.slice(0, cut));
      const [rows, scores] = [new Uint32Array(other.count), new Float32Array(other.count)];
      t.equal(other.write(rows, scores, 0), rows.length);
      for (const [n, row] of rows.entries()) one.offer(row, scores[n]!);
      const sorted = all.filter(({ score }) => score >= least).sort((a, b) => b.score - a.score || a.row - b.row);
      const last = sorted[k - 1]?.score;
      t.equal(one.threshold, last ?? least);
      const expected = sorted.filter(({ score }) => score >= (last ?? least));
      const found = one.take();
      t.strictSame(
        [...found.rows],
        expected.map(({ row }) => row),
      );
      t.strictSame(
        [...found.scores],
        expected.map(({ score }) => score),
      );
    }),
  );
});

t.test("rows that share the last score are kept while there is room, those with the smallest numbers", async (t) => {
  const best = new BestRows(2);
  offer(
    best,
    Array.from({ length: 20_000 }, (_, row) => ({ row: (row * 7919) % 20_000, score: 0.5 })),
  );
  t.ok(best.full);
  t.equal(best.count, 4096);
  t.strictSame([...best.take().rows], [...Array(4096).keys()]);
});

t.test("a better score sends those away that shared the worse one", async (t) => {
  const best = new BestRows(2);
  offer(
    best,
    Array.from({ length: 5000 }, (_, row) => ({ row: 10 + row, score: 0.5 })),
  );
  best.offer(9, 0.75);
  t.ok(best.full);
  best.offer(8, 0.75);
  t.notOk(best.full);
  t.strictSame([...best.take().rows], [8, 9]);
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
