import process from "node:process";
import fc from "fast-check";
import t from "tap";
import type { Attributes, RowFilter } from "./attributes.ts";
import { hasBit } from "./bitmap.ts";
import { type Cut, RowSet } from "./row-set.ts";
import { isSelected, type Selection, select } from "./selection.ts";
import { passes } from "./test-support.ts";

const seed = Number(process.env.TEST_SEED ?? Date.now() % 2 ** 31);
t.comment(`TEST_SEED=${seed}`);

const ROWS = 4000;
/** Codes that nearly all rows have, codes of a few hundred rows, codes of one row, and one that no row has. */
const item = (n: number): Attributes => ({
  itemId: `i${n}`,
  owner: n % 7 === 0 ? 1 + (n % 500) : 0,
  category: n % 3,
  colour: n % 13,
  tags: n % 5 === 0 ? undefined : [n % 2, 2 + (n % 40)],
  price: n % 11 === 0 ? undefined : n % 1000,
});
const rowsOf = (removed: ReadonlySet<number>, blockRows: number) => {
  const rows = new RowSet({ dimensions: 1, blockRows });
  for (let n = 0; n < ROWS; n++) rows.add(item(n), Float32Array.of(n));
  for (const n of removed) rows.remove(`i${n}`);
  return rows;
};

const codes = (most: number) => fc.uniqueArray(fc.nat(most), { maxLength: 4 }).map((some) => new Set(some));
const filter: fc.Arbitrary<RowFilter> = fc.record(
  {
    anyOf: fc.record({ owner: codes(3), category: codes(3), colour: codes(13), tags: codes(6) }, { requiredKeys: [] }),
    allOf: fc.record({ tags: fc.oneof(codes(3), codes(41)) }, { requiredKeys: [] }),
    between: fc.record(
      { price: fc.record({ min: fc.nat(999), max: fc.nat(999) }, { requiredKeys: [] }) },
      { requiredKeys: [] },
    ),
    excludeItemIds: fc.array(
      fc.nat(ROWS).map((n) => `i${n}`),
      { maxLength: 5 },
    ),
  },
  { requiredKeys: [] },
);
const removals = fc.tuple(fc.nat(ROWS), fc.integer({ min: 2, max: 60 })).map(([first, step]) => {
  const some = new Set<number>();
  for (let n = first; n < ROWS; n += step) some.add(n);
  return some;
});

/** Ids of the rows that a selection has, and whether its count agrees. */
function idsOf(cut: Cut, selection: Selection): string {
  const ids = cut.blocks.flatMap(({ block, count }, index) =>
    Array.from({ length: count }, (_, row) => row)
      .filter((row) => isSelected(selection, index, block, block.first + row))
      .map((row) => block.itemIds[row]!),
  );
  if (ids.length !== selection.count) throw new Error(`expected a count of ${ids.length}, got ${selection.count}`);
  return ids.join();
}

t.test("a filter selects the rows that pass it, by lists and by bitmaps, and goes on doing so", async (t) => {
  const kinds = new Set<string>();
  fc.assert(
    fc.property(
      removals,
      fc.array(filter, { minLength: 3, maxLength: 6 }),
      fc.constantFrom(64, 999),
      (gone, filters, size) => {
        const rows = rowsOf(new Set(), size);
        for (const [at, one] of [{}, ...filters].entries()) {
          // The first two selections are of all rows; the removals fall between them and the others.
          const cut = rows.cut();
          const selection = select(rows, cut, one);
          kinds.add(selection.kind);
          const expected = Array.from({ length: ROWS }, (_, n) => item(n))
            .filter(({ itemId }) => rows.rowOf(itemId) !== undefined && passes(item(Number(itemId.slice(1))), one))
            .map(({ itemId }) => itemId)
            .join();
          if (at === 1) for (const n of gone) rows.remove(`i${n}`);
          const found = idsOf(cut, selection);
          if (found !== expected) throw new Error(`expected ${expected.slice(0, 80)}…, got ${found.slice(0, 80)}…`);
        }
      },
    ),
    { seed, numRuns: 60 },
  );
  t.same([...kinds].sort(), ["all", "bitmaps", "list"]);
});

t.test("bits of a held bitmap stay while rows die", async (t) => {
  const rows = rowsOf(new Set(), 999);
  const cut = rows.cut();
  rows.remove("i5");
  t.equal(hasBit(cut.blocks[0]!.alive, 5), true);
  t.equal(hasBit(rows.cut().blocks[0]!.alive, 5), false);
});

t.test("of two tags that a filter asks for, a row must have both: by lists and by bitmaps", async (t) => {
  for (const common of [2, 500]) {
    const rows = new RowSet({ dimensions: 1, blockRows: 999 });
    for (let n = 0; n < ROWS; n++) rows.add({ ...item(n), tags: [n % common, 1000 + (n % 3)] }, Float32Array.of(n));
    const cut = rows.cut();
    const selection = select(rows, cut, { allOf: { tags: new Set([1, 1002]) } });
    t.equal(selection.kind, common === 2 ? "bitmaps" : "list");
    t.equal(
      selection.count,
      Array.from({ length: ROWS }, (_, n) => n).filter((n) => n % common === 1 && n % 3 === 2).length,
    );
    t.equal(select(rows, cut, { allOf: { tags: new Set([1, 9]) } }).count, 0);
  }
});
