import fc from "fast-check";
import t from "tap";
import { similarity } from "./similarity.ts";

t.test("similarity by each metric is what its definition says, wherever the second vector lies", async () => {
  const component = fc.double({ min: -1, max: 1, noNaN: true });
  const vector = fc.array(component, { minLength: 7, maxLength: 7 }).map((values) => Float32Array.from(values));
  fc.assert(
    fc.property(vector, vector, fc.nat(3), (a, b, row) => {
      const many = new Float32Array(28);
      many.set(b, row * 7);
      const product = a.reduce((sum, value, i) => sum + value * b[i]!, 0);
      const distance = a.reduce((sum, value, i) => sum + (value - b[i]!) ** 2, 0);
      const expected = { ip: product, l2: -distance, cosine: Math.max(-1, Math.min(1, product)) };
      return (["ip", "l2", "cosine"] as const).every(
        (metric) => Math.abs(similarity(metric, a, many, row * 7) - expected[metric]) < 1e-5,
      );
    }),
  );
});
