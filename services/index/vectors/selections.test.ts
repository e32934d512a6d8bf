import process from "node:process";
import fc from "fast-check";
import t from "tap";
import type { RowFilter } from "./attributes.ts";
import { RowSet } from "./row-set.ts";
import { select } from "./selection.ts";
import { Selections } from "./selections.ts";

const seed = Number(process.env.TEST_SEED ?? Date.now() % 2 ** 31);
t.comment(`TEST_SEED=${seed}`);

const item = (n: number) => ({
  itemId: `i${n}`,
  owner: n % 3,
  category: n % 2,
  colour: n % 40,
  tags: [n % 5, 5 + (n % 2)],
  price: n % 9,
});
function filled(count: number): RowSet {
  const rows = new RowSet({ dimensions: 1, blockRows: 1000 });
  for (let n = 0; n < count; n++) rows.add(item(n), Float32Array.of(n));
  return rows;
}

const codes = fc.uniqueArray(fc.nat(6), { maxLength: 2 }).map((some) => new Set(some));
const filter: fc.Arbitrary<RowFilter> = fc.record(
  {
    anyOf: fc.record({ owner: codes, category: codes, colour: codes, tags: codes }, { requiredKeys: [] }),
    allOf: fc.record({ tags: codes }, { requiredKeys: [] }),
    between: fc.record({ price: fc.record({ min: fc.nat(9), max: fc.nat(9) }, { requiredKeys: [] }) }),
    excludeItemIds: fc.array(fc.nat(4000).map((n) => `i${n}`)),
  },
  { requiredKeys: [] },
);

t.test("what is kept is what would be selected anew, whatever came and went", async () => {
  fc.assert(
    fc.property(
      fc.array(filter, { minLength: 1, maxLength: 30 }),
      fc.array(fc.record({ at: fc.nat(29), change: fc.constantFrom("none", "none", "none", "add", "remove") }), {
        minLength: 40,
        maxLength: 80,
      }),
      (filters, steps) => {
        const rows = filled(3000);
        const selections = new Selections();
        for (const [n, { at, change }] of steps.entries()) {
          if (change === "add") rows.add(item(3000 + n), Float32Array.of(n));
          if (change === "remove") rows.remove(`i${n * 7}`);
          const one = filters[at % filters.length]!;
          const cut = rows.cut();
          const [kept, anew] = [selections.select(rows, cut, one), select(rows, cut, one)];
          if (JSON.stringify(kept) !== JSON.stringify(anew)) throw new Error(`other rows after ${change}`);
        }
      },
    ),
    { seed, numRuns: 30 },
  );
});

t.test("a filter that was asked is not worked out again until rows change, nor in other rows", async (t) => {
  const rows = filled(3000);
  const selections = new Selections();
  const ask = (colour: number[], of = rows) => selections.select(of, of.cut(), { anyOf: { colour: new Set(colour) } });
  const first = ask([1, 2, 3]);
  t.equal(ask([1, 2, 3]), first);
  t.equal(selections.memoryBytes > 0, true);
  t.not(ask([1, 2]), first);
  t.not(selections.select(rows, rows.cut(), { anyOf: { category: new Set([1, 2, 3]) } }), first);
  t.not(ask([1, 2, 3], filled(3000)), first);
  const again = ask([1, 2, 3]);
  rows.remove("i1");
  t.not(ask([1, 2, 3]), again);
  t.equal(ask([1, 2, 3]).count, first.count - 1);
});

t.test("only so many are kept, the last used ones", async (t) => {
  const rows = filled(2000);
  const selections = new Selections();
  const ask = (n: number) => selections.select(rows, rows.cut(), { between: { price: { min: n / 100 } } });
  const [first, second] = [ask(0), ask(1)];
  for (let n = 2; n < 16; n++) ask(n);
  t.equal(ask(0), first);
  ask(16);
  t.equal(ask(0), first);
  t.not(ask(1), second);
});
