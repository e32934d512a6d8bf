import fc from "fast-check";
import t from "tap";
import { doubles, floats, integers } from "./columns.ts";

const asked = fc.record({
  make: fc.constantFrom(doubles, floats, integers),
  // Also none, and more than the memory that columns are cut from has.
  count: fc.oneof(fc.integer({ min: 0, max: 400 }), fc.integer({ min: 0, max: 20_000 })),
});

t.test("columns are zeros at first and have their numbers to themselves", async () => {
  fc.assert(
    fc.property(fc.array(asked, { minLength: 1, maxLength: 60 }), (wanted) => {
      const columns = wanted.map(({ make, count }) => make(count));
      const zeros = columns.every((column, n) => column.length === wanted[n]!.count && column.every((x) => x === 0));
      columns.forEach((column, n) => {
        column.fill(n + 1);
      });
      return zeros && columns.every((column, n) => column.every((x) => x === n + 1));
    }),
    { numRuns: 50 },
  );
});
