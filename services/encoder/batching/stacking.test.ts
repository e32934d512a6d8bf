import fc from "fast-check";
import t from "tap";
import type { ArrayTensor } from "../inference/inference.ts";
import { rowsOf, shapeKey, split, stack } from "./stacking.ts";

function tensor(type: ArrayTensor["type"], dims: number[], from: number): ArrayTensor {
  const values = Array.from({ length: dims.reduce((a, b) => a * b, 1) }, (_, i) => (from + i) % 200);
  switch (type) {
    case "float32":
      return { type, dims, data: Float32Array.from(values) };
    case "int64":
      return { type, dims, data: BigInt64Array.from(values, BigInt) };
    case "int32":
      return { type, dims, data: Int32Array.from(values) };
    case "uint8":
      return { type, dims, data: Uint8Array.from(values) };
    case "pixels":
      return { type, dims, data: Uint8Array.from(values), scale: [1, 2, 3], shift: [-1, 0, 1] };
  }
}

t.test("what is stacked and split again is what it was, in every element type", (t) => {
  const call = fc.record({ rows: fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 6 }) });
  const rest = fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 3 });
  const type = fc.constantFrom(...(["float32", "int64", "int32", "uint8", "pixels"] as const));
  fc.assert(
    fc.property(call, rest, type, type, ({ rows }, rest, one, other) => {
      const calls = rows.map((n, i) => ({ a: tensor(one, [n, ...rest], i), b: tensor(other, [n], i * 7) }));
      const stacked = stack(calls);
      t.equal(
        rowsOf(stacked),
        rows.reduce((a, b) => a + b),
      );
      t.same(split(stacked, rows), calls);
    }),
    { numRuns: 60 },
  );
  t.end();
});

t.test("an answer is a copy: it does not keep the batch in memory", (t) => {
  const big = { y: tensor("float32", [32, 256], 0) };
  const [first] = split(big, Array<number>(32).fill(1));
  t.equal(first?.y?.data.buffer.byteLength, 256 * 4);
  big.y.data[0] = 99;
  t.equal(first?.y?.data[0], 0);
  t.end();
});

t.test("what does not fit together is refused with what was expected", (t) => {
  const a = { x: tensor("float32", [1, 2], 0) };
  t.throws(
    () => stack([a, { x: tensor("float32", [1, 3], 0) }]),
    /expected tensors x:float32\[2\], got x:float32\[3\]/,
  );
  t.throws(() => stack([a, { x: tensor("int32", [1, 2], 0) }]), /got x:int32\[2\]/);
  t.throws(() => stack([a, { y: tensor("float32", [1, 2], 0) }]), /got y:float32\[2\]/);
  t.throws(() => stack([a, { ...a, y: tensor("float32", [1, 2], 0) }]), RangeError);
  t.throws(() => stack([]), /at least one/);
  const short: ArrayTensor = { type: "float32", dims: [1, 2], data: new Float32Array(1) };
  t.throws(() => stack([a, { x: short }]), /expected 2 values in x \[1, 2\], got 1/);
  t.throws(() => split(a, [1, 1]), /expected 2 rows in output x, got the dimensions \[1, 2\]/);
  t.throws(() => split({ x: tensor("float32", [], 0) }, [1]), RangeError);
  t.end();
});

t.test("rows are the first dimension if all tensors share it", (t) => {
  const [two, three] = [tensor("float32", [2, 5], 0), tensor("int64", [3], 0)];
  t.equal(rowsOf({ two }), 2);
  t.equal(rowsOf({ two, three }), undefined);
  t.equal(rowsOf({ scalar: tensor("float32", [], 0) }), undefined);
  t.equal(rowsOf({ none: tensor("float32", [0, 5], 0) }), undefined);
  t.equal(rowsOf({}), undefined);
  t.equal(shapeKey({ b: two, a: two }), shapeKey({ a: tensor("float32", [9, 5], 1), b: two }));
  t.end();
});
