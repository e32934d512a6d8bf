import fc from "fast-check";
import t from "tap";
import type { Neighbour } from "./engine.ts";
import { FlatEngine } from "./flat.ts";
import { compare, TopK } from "./top-k.ts";

const at = (degrees: number) =>
  Float32Array.of(Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180));
const item = (itemId: string, category = 0) => ({ itemId, owner: 0, category, colour: 0 });

type Step = { kind: "put"; id: number; degrees: number; category: number } | { kind: "remove"; id: number };
const id = fc.nat(30);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant("put" as const), id, degrees: fc.nat(359), category: fc.nat(2) }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("remove" as const), id }) },
);

t.test("flat search equals a naive search after any adds and removes, with a filter and ties", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 150 }),
      fc.nat(359),
      fc.integer({ min: 1, max: 12 }),
      async (steps, degrees, k) => {
        const engine = new FlatEngine({ dimensions: 2, segmentRows: 8 });
        const model = new Map<string, { vector: Float32Array; category: number }>();
        for (const one of steps) {
          const itemId = `i${one.id}`;
          engine.remove(itemId);
          model.delete(itemId);
          if (one.kind === "remove") continue;
          const vector = at(one.degrees);
          engine.add(item(itemId, one.category), vector);
          model.set(itemId, { vector, category: one.category });
        }
        const query = at(degrees);
        const expected = [...model]
          .filter(([, { category }]) => category !== 1)
          .map(([itemId, { vector }]): Neighbour => {
            const score = query[0]! * vector[0]! + query[1]! * vector[1]!;
            return { itemId, score: Math.fround(Math.max(-1, Math.min(1, score))) };
          })
          .sort(compare)
          .slice(0, k);
        const accepts = (_owner: number, category: number) => category !== 1;
        const { neighbours: found } = await engine.search({ vector: query, k, filter: { accepts } });
        return engine.count === model.size && JSON.stringify(found) === JSON.stringify(expected);
      },
    ),
  );
});

t.test("the best k are those that a sort would give", async () => {
  const neighbour = fc.record({ itemId: fc.string({ maxLength: 2 }), score: fc.constantFrom(0, 0.25, 0.5, 1) });
  fc.assert(
    fc.property(fc.array(neighbour), fc.integer({ min: 1, max: 9 }), (offers, k) => {
      const top = new TopK(k);
      for (const { itemId, score } of offers) top.offer(itemId, score);
      return JSON.stringify(top.best()) === JSON.stringify([...offers].sort(compare).slice(0, k));
    }),
  );
});

/** A clock on which every look is a turn's end: the scan gives way as often as it can. */
function impatient() {
  let ms = 0;
  return () => (ms += 100);
}

t.test("a scan that gives way answers from the state in which it began", async (t) => {
  const engine = new FlatEngine({ dimensions: 2, segmentRows: 64, nowMs: impatient() });
  for (let n = 0; n < 640; n++) engine.add(item(`i${n}`), at(n / 4));
  const search = { vector: at(0), k: 640 };
  const before = await engine.search(search);
  const scanning = engine.search(search);
  for (let n = 0; n < 640; n += 2) engine.remove(`i${n}`);
  for (let n = 1; n < 640; n += 2) {
    engine.remove(`i${n}`);
    engine.add(item(`i${n}`), at(180));
  }
  t.same(await scanning, before);
  t.equal(engine.count, 320);
  t.equal((await engine.search(search)).neighbours.length, 320);
});

t.test("a long scan lets others run, and ends when its caller has gone", async (t) => {
  const engine = new FlatEngine({ dimensions: 2, nowMs: impatient() });
  for (let n = 0; n < 2000; n++) engine.add(item(`i${n}`), at(n));
  const gone = new AbortController();
  const reason = new Error("the caller hung up");
  setImmediate(() => gone.abort(reason));
  await t.rejects(engine.search({ vector: at(0), k: 1, signal: gone.signal }), reason);
});

t.test("an engine refuses another length, and an item twice", async (t) => {
  const engine = new FlatEngine({ dimensions: 2 });
  t.throws(() => engine.add(item("a"), new Float32Array(3)), /expected 2 dimensions, got 3/);
  engine.add(item("a"), at(0));
  t.throws(() => engine.add(item("a"), at(0)), /item a is there already: remove it first/);
  t.equal(engine.remove("b"), false);
});

t.test("size follows what can be found; memory is held in whole segments", async (t) => {
  const engine = new FlatEngine({ dimensions: 2, segmentRows: 4 });
  const add = (itemId: string) => engine.add({ itemId, owner: 0, category: 0, colour: 0 }, Float32Array.of(1, 0));
  t.same([engine.sizeBytes, engine.memoryBytes], [0, 0]);
  add("a");
  const row = engine.sizeBytes;
  t.ok(row >= 2 * 4);
  t.equal(engine.memoryBytes, 4 * row);
  for (const id of ["b", "c", "d", "e"]) add(id);
  t.same([engine.sizeBytes, engine.memoryBytes], [5 * row, 8 * row]);
  engine.remove("a");
  t.same([engine.sizeBytes, engine.memoryBytes], [4 * row, 8 * row]);
});

for (const metric of ["cosine", "ip", "l2"] as const) {
  t.test(`scores by ${metric} are what its definition says, and a least score keeps the rest out`, async () => {
    const component = fc.double({ min: -1, max: 1, noNaN: true });
    const vector = fc.array(component, { minLength: 7, maxLength: 7 }).map((values) => Float32Array.from(values));
    await fc.assert(
      fc.asyncProperty(
        fc.array(vector, { minLength: 1, maxLength: 20 }),
        vector,
        component,
        async (rows, query, minScore) => {
          const engine = new FlatEngine({ dimensions: 7, metric, segmentRows: 8 });
          for (const [n, row] of rows.entries()) engine.add(item(`i${n}`), row);
          const { neighbours } = await engine.search({ vector: query, k: 20, minScore });
          const found = new Map(neighbours.map(({ itemId, score }) => [itemId, score]));
          return rows.every((row, n) => {
            const product = row.reduce((sum, value, i) => sum + value * query[i]!, 0);
            const distance = row.reduce((sum, value, i) => sum + (value - query[i]!) ** 2, 0);
            const expected =
              metric === "l2" ? -distance : metric === "ip" ? product : Math.max(-1, Math.min(1, product));
            const score = found.get(`i${n}`);
            return score === undefined
              ? expected < minScore + 1e-5
              : Math.abs(score - expected) < 1e-5 && score >= minScore;
          });
        },
      ),
    );
  });
}
