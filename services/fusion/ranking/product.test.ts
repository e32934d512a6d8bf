import fc from "fast-check";
import t from "tap";
import { product } from "./product.ts";

const vector = (n: number) => fc.float32Array({ min: -1, max: 1, noNaN: true, minLength: n, maxLength: n });
const pair = (lengths: fc.Arbitrary<number>) => lengths.chain((n) => fc.tuple(vector(n), vector(n)));

t.test("products are those of the definition, to float32, of any length, whichever comes first", async () => {
  fc.assert(
    fc.property(pair(fc.integer({ min: 0, max: 100 })), ([a, b]) => {
      const sum = a.reduce((total, x, i) => total + x * (b[i] ?? 0), 0);
      const found = product(a, b) ?? Number.NaN;
      return Math.abs(found - sum) < 1e-5 && Object.is(found, product(b, a));
    }),
  );
});

t.test(
  "vectors of the contract's longest fit, with nothing left of those before; longer ones than there is room for do not",
  async (t) => {
    product(new Float32Array(8192).fill(Number.NaN), new Float32Array(8192).fill(Number.NaN));
    t.equal(product(new Float32Array(4096).fill(1), new Float32Array(4096).fill(0.5)), 2048);
    t.equal(product(new Float32Array(17).fill(1), new Float32Array(17).fill(2)), 34);
    t.equal(product(new Float32Array(16), new Float32Array(17)), undefined);
    t.throws(() => product(new Float32Array(8193), new Float32Array(8193)), RangeError);
  },
);
