import t from "tap";
import { SharedRows } from "./shared-rows.ts";

t.test("a row holds what was set, and no other row changes", async (t) => {
  const rows = new SharedRows({ dimensions: 3, capacity: 5 });
  rows.set(1, Float32Array.of(1, 2, 3));
  rows.set(2, Float32Array.of(4, 5, 6));
  t.same([...rows.get(1)], [1, 2, 3]);
  t.same([...rows.get(2)], [4, 5, 6]);
  t.same([...rows.get(3)], [0, 0, 0]);
  t.ok(rows.get(0).buffer instanceof SharedArrayBuffer);
  t.ok(rows.bytes >= 5 * 3 * 4);
});

t.test("what does not fit is refused", async (t) => {
  const rows = new SharedRows({ dimensions: 3, capacity: 5 });
  t.throws(() => rows.set(0, new Float32Array(2)), new RangeError("expected 3 dimensions, got 2"));
  t.throws(() => rows.get(5), new RangeError("expected a row below 5, got 5"));
  t.throws(() => rows.set(-1, new Float32Array(3)), RangeError);
  t.throws(() => new SharedRows({ dimensions: 0, capacity: 1 }), /expected dimensions of 1 or more, got 0/);
  t.throws(() => new SharedRows({ dimensions: 1.5, capacity: 1 }), RangeError);
  t.throws(() => new SharedRows({ dimensions: 1024, capacity: 2 ** 20 }), /expected a block of at most .* use several/);
});
