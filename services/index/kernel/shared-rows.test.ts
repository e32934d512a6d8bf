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

t.test("a row that was written to the memory itself has the code of one that was set", async (t) => {
  const [set, written] = [1, 2].map(() => new SharedRows({ dimensions: 70, capacity: 3 })) as [SharedRows, SharedRows];
  for (const row of [0, 2]) {
    const vector = Float32Array.from({ length: 70 }, (_, n) => Math.sin(row + n));
    set.set(row, vector);
    written.get(row).set(vector);
    written.written(row);
  }
  const codes = new Uint8Array(set.codes!.buffer);
  t.ok(codes.some((byte) => byte !== 0));
  t.ok(Buffer.from(codes).equals(new Uint8Array(written.codes!.buffer)));
  t.equal(set.rowBytes, 80 * 4 + 80 + 16, "what is counted as memory holds the code");
  const short = new SharedRows({ dimensions: 63, capacity: 3 });
  t.same([short.codes, short.rowBytes], [undefined, 64 * 4], "short rows have none");
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
