import t from "tap";
import { product } from "./product.ts";
import { MODELS } from "./rank-types.ts";
import { tasteProducts } from "./taste-products.ts";

const vectors = (seed: number, models: readonly string[] = MODELS) =>
  new Map(models.map((model, m) => [model, Float32Array.from({ length: 20 }, (_, i) => Math.sin(seed + i * (m + 2)))]));

t.test("products stand by model, and are 0 where either has no vector, or one of another length", async (t) => {
  const [taste, item] = [vectors(1), vectors(2, ["blip", "of somebody else's"])];
  const [one, other] = [taste.get("blip"), item.get("blip")];
  t.ok(one && other);
  if (one && other) t.same(tasteProducts(taste)(item), [0, product(one, other), 0]);
  t.same(tasteProducts(vectors(1, ["clip"]))(new Map([["clip", new Float32Array(3).fill(1)]])), [0, 0, 0]);
});

t.test("what is kept is what was computed, for that taste and those vectors alone", async (t) => {
  const [taste, item] = [vectors(3), vectors(4)];
  const first = tasteProducts(taste)(item);
  t.equal(tasteProducts(taste)(item), first, "it is not computed again");
  t.same(tasteProducts(vectors(3))(vectors(4)), first, "computed again it is the same");
  t.notSame(tasteProducts(vectors(5))(item), first);
  t.notSame(tasteProducts(taste)(vectors(6)), first);
});

t.test("of a taste that meets ever more items the products are not kept for ever", async (t) => {
  const [taste, item] = [vectors(7), vectors(8)];
  const first = tasteProducts(taste)(item);
  for (let n = 0; n < 300; n++) tasteProducts(taste)(vectors(n));
  const again = tasteProducts(taste)(item);
  t.not(again, first);
  t.same(again, first);
});
