import fc from "fast-check";
import t from "tap";
import { bytesFromFloats, floatsFromBytes } from "./vector.ts";

t.test("floats come back as they were, from any place in a buffer, as a copy", async () => {
  fc.assert(
    fc.property(fc.float32Array(), fc.nat(7), (values, offset) => {
      const bytes = bytesFromFloats(values);
      const around = new Uint8Array(offset + bytes.byteLength);
      around.set(bytes, offset);
      const read = floatsFromBytes(around.subarray(offset));
      around.fill(0);
      return read.length === values.length && read.every((value, i) => Object.is(value, values[i]));
    }),
  );
});

t.test("bytes that are no whole floats are refused", async (t) => {
  t.throws(() => floatsFromBytes(new Uint8Array(6)), new RangeError("expected a multiple of 4 bytes, got 6"));
});
