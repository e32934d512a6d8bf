import fc from "fast-check";
import t from "tap";
import { poolVector } from "./embedding-output.ts";

const tensor = (dims: number[], ...values: number[]) => ({ dims, data: Float32Array.from(values) });

t.test("tokens become one vector: the first, or the mean of those that count", (t) => {
  const tokens = tensor([1, 3, 2], 1, 2, 3, 4, 100, 100);
  t.same([...poolVector(tokens, "first")], [1, 2]);
  t.same([...poolVector(tokens, "mean", [1, 1, 0])], [2, 3]);
  t.same([...poolVector(tensor([1, 2], 5, 6), "mean")], [5, 6], "one vector is itself");
  t.same([...poolVector(tensor([1, 2], 5, 6), "none")], [5, 6]);
  t.end();
});

t.test("what cannot be one vector is refused", (t) => {
  t.throws(() => poolVector(tensor([1, 2, 1], 1, 2), "none"), /expected one vector, got the shape \[1, 2, 1\]/);
  t.throws(() => poolVector(tensor([2, 1], 1, 2), "mean"), RangeError);
  t.throws(() => poolVector(tensor([1, 2, 1], 1, 2), "mean", [1]), /a mask of 2, got 1/);
  t.end();
});

t.test("padding never changes a mean", (t) => {
  const numbers = fc.array(fc.integer({ min: -1000, max: 1000 }), { minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(numbers, fc.nat(5), (values, padding) => {
      const padded = [...values, ...Array<number>(padding).fill(999)];
      const mask = padded.map((_, i) => (i < values.length ? 1 : 0));
      const mean = poolVector(tensor([1, values.length, 1], ...values), "mean");
      t.same(poolVector(tensor([1, padded.length, 1], ...padded), "mean", mask), mean);
    }),
    { numRuns: 50 },
  );
  t.end();
});
