import process from "node:process";
import fc from "fast-check";
import t from "tap";
import { CATALOGUE_ONLY } from "./filter.ts";
import type { Change } from "./item.ts";
import { ItemStore } from "./store.ts";
import { unitVector } from "./unit-vector.ts";
import { plainScanner } from "./vectors/test-support.ts";
import { VectorIndex } from "./vectors/vector-index.ts";

const MODELS = new Map([
  ["clip", { name: "clip_fashion", metric: "cosine" as const }],
  ["blip", { name: "blip_fashion", metric: "cosine" as const }],
]);
const emptyStore = () =>
  new ItemStore({
    models: MODELS,
    createVectors: (options) => new VectorIndex({ ...options, scanner: plainScanner, blockRows: 4 }),
  });

/** A version: which models it has a vector of, whose it is, what it is. */
const version = fc.record({
  id: fc.nat(8),
  clip: fc.boolean(),
  blip: fc.boolean(),
  owner: fc.constantFrom("", "ann", "bob"),
  category: fc.constantFrom("hat", "shoes"),
  deleted: fc.boolean(),
});

t.test("a store shows what a map of the latest versions shows, in every index", async () => {
  const seed = Number(process.env.TEST_SEED ?? Date.now() % 2 ** 31);
  t.comment(`TEST_SEED=${seed}`);
  await fc.assert(
    fc.asyncProperty(
      fc.array(version, { maxLength: 60 }),
      fc.subarray(["", "ann", "bob"]),
      async (versions, ownerIds) => {
        const store = emptyStore();
        const latest = new Map<string, (typeof versions)[number]>();
        for (const [at, one] of versions.entries()) {
          const itemId = `i${one.id}`;
          store.apply(changeOf(BigInt(at + 1), itemId, one));
          if (one.deleted) latest.delete(itemId);
          else latest.set(itemId, one);
        }
        const owners = ownerIds.length > 0 ? ownerIds : [""];
        const filter = { ...CATALOGUE_ONLY, ownerIds, categories: ["hat"], excludeItemIds: ["i3"] };
        for (const model of ["clip", "blip"] as const) {
          const index = store.index(MODELS.get(model)!.name)!;
          const found = await store.searchOne({ index, vector: Float32Array.of(1) }, { filter, k: 100 });
          const expected = [...latest]
            .filter(([id, one]) => one[model] && owners.includes(one.owner) && one.category === "hat" && id !== "i3")
            .map(([id]) => id);
          if (found.neighbours.map((one) => one.itemId).join() !== expected.sort().join()) return false;
          if ((index.vectors?.count ?? 0) !== [...latest.values()].filter((one) => one[model]).length) return false;
        }
        return store.applied.value === BigInt(versions.length);
      },
    ),
    { seed },
  );
});

t.test("a change out of order is refused", async (t) => {
  t.throws(() => emptyStore().apply({ kind: "delete", seq: 2n, itemId: "a" }), /expected change 1, got 2/);
});

t.test("a reload shows nothing before it is whole", async (t) => {
  const store = emptyStore();
  const reload = store.startReload();
  const change = changeOf(1n, "a", { clip: true, blip: true, owner: "", category: "", deleted: false });
  if (change.kind === "upsert") reload.put(change.item, change.seq);
  t.equal(store.index("clip_fashion")?.vectors, undefined);
  await reload.replace(7n);
  t.equal(store.index("clip_fashion")?.vectors?.count, 1);
  t.equal(store.applied.value, 7n);
});

t.test("queries of one index are compared in one scan, and each gets its own answer", async (t) => {
  const scans: number[] = [];
  const store = new ItemStore({
    models: MODELS,
    createVectors: (options) =>
      new VectorIndex({
        ...options,
        scanner: {
          scan: (request) => {
            scans.push(request.queries.length);
            return plainScanner.scan(request);
          },
        },
      }),
  });
  for (const [n, x] of [1, -1].entries()) {
    const embeddings = ["clip", "blip"].map((model) => ({ model, revision: "1", vector: Float32Array.of(x) }));
    const item = { itemId: `i${n}`, ownerId: "", category: "", colour: "", priceCents: 0, tags: [], embeddings };
    store.apply({ kind: "upsert", seq: BigInt(n + 1), item });
  }
  const [clip, blip] = store.indexes;
  const asked = [
    { index: clip!, vector: Float32Array.of(1) },
    { index: blip!, vector: Float32Array.of(-1) },
    { index: clip!, vector: Float32Array.of(-1) },
  ];
  const searches = store.search(asked, { k: 1 });
  t.same(
    searches.map(({ index, places }) => [index.name, places]),
    [
      [clip!.name, [0, 2]],
      [blip!.name, [1]],
    ],
  );
  const answers = await Promise.all(searches.map((search) => search.answers));
  t.same(
    answers.flat().map(({ neighbours }) => neighbours[0]?.itemId),
    ["i0", "i1", "i1"],
  );
  t.same(scans, [2, 1]);
});

t.test("who waits for a change is woken by it, or leaves with its signal", async (t) => {
  const { applied } = emptyStore();
  const never = new AbortController();
  const waiting = applied.reached(3n, never.signal);
  const late = new AbortController();
  const leaving = applied.reached(9n, late.signal);
  applied.set(3n);
  await waiting;
  late.abort(new Error("too late"));
  await t.rejects(leaving, /too late/);
});

t.test("a unit vector has length 1, whatever the scale", async () => {
  const value = fc.float({ noNaN: true, noDefaultInfinity: true });
  fc.assert(
    fc.property(fc.array(value, { minLength: 1, maxLength: 32 }), (values) => {
      if (values.every((one) => one === 0)) return true;
      const length = Math.hypot(...unitVector(Float32Array.from(values)));
      return Math.abs(length - 1) < 1e-5;
    }),
  );
});

function changeOf(
  seq: bigint,
  itemId: string,
  one: { clip: boolean; blip: boolean; owner: string; category: string; deleted: boolean },
): Change {
  if (one.deleted) return { kind: "delete", seq, itemId };
  const embeddings = (["clip", "blip"] as const)
    .filter((model) => one[model])
    .map((model) => ({ model, revision: "1", vector: Float32Array.of(1) }));
  return {
    kind: "upsert",
    seq,
    item: { itemId, ownerId: one.owner, category: one.category, colour: "", priceCents: 0, tags: [], embeddings },
  };
}
