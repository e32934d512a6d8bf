import fc from "fast-check";
import t from "tap";
import { ITEM_FEATURES, ITEM_PARTS } from "./layout.ts";
import { placesTo, scorePool } from "./order.ts";
import { varyingOf } from "./varying.ts";

const D = ITEM_FEATURES.length;
const number = fc.double({ min: -4, max: 4, noNaN: true });

/** Rows as a query has them: each part's first feature by candidate, the others that times a fact of the query. */
const rowsOf = fc
  .record({
    firsts: fc.array(fc.array(number, { minLength: ITEM_PARTS.length, maxLength: ITEM_PARTS.length }), {
      minLength: 1,
      maxLength: 30,
    }),
    facts: fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: D, maxLength: D }),
    same: fc.array(fc.boolean(), { minLength: ITEM_PARTS.length, maxLength: ITEM_PARTS.length }),
  })
  .map(({ firsts, facts, same }) => {
    const rows = new Float64Array(firsts.length * D);
    firsts.forEach((values, i) => {
      ITEM_PARTS.forEach(({ features }, p) => {
        const value = same[p] ? 1.5 : (values[p] as number);
        features.forEach((f, j) => {
          rows[i * D + f] = j === 0 ? value : value * (facts[f] as number);
        });
      });
    });
    return { rows, constant: same.filter(Boolean).length };
  });

t.test("scores by what varies are those by all features, but for what is the same for everybody", async () => {
  fc.assert(
    fc.property(
      rowsOf,
      fc.array(number, { minLength: D, maxLength: D }),
      fc.constantFrom(1, 0.7),
      ({ rows, constant }, list, share) => {
        const n = rows.length / D;
        // Backwards, so that a place in the pool is not the place in the rows.
        const pool = placesTo(n).reverse();
        const coefficients = Float64Array.from(list);
        const [all, some] = [new Float64Array(n), new Float64Array(n)];
        scorePool(rows, pool, coefficients, all);
        const varying = varyingOf(rows, pool, D, share);
        varying.addScores(coefficients, some);
        const apart = some.map((score, i) => share * (all[pool[i] as number] as number) - score);
        return (
          varying.count <= ITEM_PARTS.length - constant &&
          apart.every((shift) => Math.abs(shift - (apart[0] as number)) < 1e-9)
        );
      },
    ),
  );
});

t.test("where nothing differs nothing is left", async (t) => {
  const { count, addScores } = varyingOf(new Float64Array(3 * D).fill(0.5), placesTo(3), D);
  const sums = new Float64Array(3).fill(7);
  addScores(new Float64Array(D).fill(1), sums);
  t.same([count, ...sums], [0, 7, 7, 7]);
});
