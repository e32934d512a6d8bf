import fc from "fast-check";
import t from "tap";
import { product } from "./product.ts";
import { MOST_TASTED, type TastedItem, tasteVectors } from "./taste-vectors.ts";

const at = (angle: number) => Float32Array.of(Math.cos(angle), Math.sin(angle));
const tasted = (weight: number, angle: number): TastedItem => ({ weight, vectors: new Map([["clip", at(angle)]]) });
const liking = (items: readonly TastedItem[], angle: number) => {
  const direction = tasteVectors(items).get("clip");
  return direction ? (product(direction, at(angle)) ?? Number.NaN) : Number.NaN;
};
const answers = fc.array(
  fc
    .record({
      weight: fc.double({ min: -1, max: 1, noNaN: true }),
      angle: fc.double({ min: 0, max: 6.28, noNaN: true }),
    })
    .filter(({ weight }) => Math.abs(weight) > 0.01)
    .map(({ weight, angle }) => tasted(weight, angle)),
  { minLength: 1, maxLength: 20 },
);

t.test("after one answer half of it is believed, and less of a weaker one", async (t) => {
  t.ok(Math.abs(liking([tasted(1, 0.3)], 0.3) - 1 / 2) < 1e-6);
  t.ok(Math.abs(liking([tasted(-1, 0.3)], 0.3) + 1 / 2) < 1e-6);
  // Kernel 1, noise 1/½.
  t.ok(Math.abs(liking([tasted(0.5, 0.3)], 0.3) - 1 / 3) < 1e-6);
});

t.test("the same answer again says less each time, and never more than a yes", async (t) => {
  const believed = [1, 2, 3, 4].map((times) =>
    liking(
      Array.from({ length: times }, () => tasted(1, 1)),
      1,
    ),
  );
  for (const [i, value] of believed.entries()) t.ok(Math.abs(value - (i + 1) / (i + 2)) < 1e-6);
});

t.test("one more yes never lowers what is believed of that very item, one more no never raises it", async () => {
  fc.assert(
    fc.property(answers, fc.double({ min: 0, max: 6.28, noNaN: true }), (items, angle) => {
      const before = liking(items, angle);
      const [yes, no] = [liking([...items, tasted(1, angle)], angle), liking([...items, tasted(-1, angle)], angle)];
      return yes >= before - 1e-5 && no <= before + 1e-5;
    }),
  );
});

t.test("the order of the answers does not matter", async () => {
  fc.assert(
    fc.property(answers, (items) =>
      [0, 1, 2, 3].every((angle) => Math.abs(liking(items, angle) - liking([...items].reverse(), angle)) < 1e-5),
    ),
  );
});

t.test(
  "vectors of another length and answers that weigh nothing say nothing; the strongest answers count",
  async (t) => {
    const other = { weight: 1, vectors: new Map([["clip", Float32Array.of(1, 0, 0)]]) };
    t.equal(liking([tasted(1, 0), tasted(0, 2)], 0), liking([tasted(1, 0)], 0));
    t.equal(tasteVectors([tasted(1, 0), other]).get("clip")?.length, 2);
    t.equal(tasteVectors([]).size, 0);
    const weak = Array.from({ length: MOST_TASTED }, () => tasted(-0.1, 0));
    t.ok(liking([...weak, tasted(1, 0)], 0) > liking(weak, 0));
  },
);
