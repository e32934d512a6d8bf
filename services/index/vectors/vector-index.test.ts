import process from "node:process";
import fc from "fast-check";
import t from "tap";
import type { Scanner } from "../kernel/scan.ts";
import { ScanPool } from "../kernel/scan-pool.ts";
import { compare } from "./answer.ts";
import type { Attributes, RowFilter } from "./attributes.ts";
import { type Costing, CostModel } from "./cost-model.ts";
import { PlainEngine, passes, plainScanner, scoreOf } from "./test-support.ts";
import type { VectorAnswer } from "./types.ts";
import { VectorIndex, type VectorIndexOptions } from "./vector-index.ts";

const seed = Number(process.env.TEST_SEED ?? Date.now() % 2 ** 31);
t.comment(`TEST_SEED=${seed}`);

const DIMENSIONS = 5;
const code = fc.nat(3);
const codes = fc.uniqueArray(code, { maxLength: 3 }).map((some) => new Set(some));
/** Whole numbers, so that every order of additions gives the same score. */
const vector = fc
  .array(fc.integer({ min: -6, max: 6 }), { minLength: DIMENSIONS, maxLength: DIMENSIONS })
  .map((values) => Float32Array.from(values));
const id = fc.nat(40).map((n) => `i${n}`);
const item: fc.Arbitrary<Attributes> = fc.record(
  { itemId: id, owner: code, category: code, colour: code, tags: fc.array(code, { maxLength: 3 }), price: fc.nat(9) },
  { requiredKeys: ["itemId", "owner", "category", "colour"] },
);
const filter: fc.Arbitrary<RowFilter> = fc.record(
  {
    anyOf: fc.record({ owner: codes, category: codes, colour: codes, tags: codes }, { requiredKeys: [] }),
    allOf: fc.record({ tags: codes }, { requiredKeys: [] }),
    between: fc.record(
      { price: fc.record({ min: fc.nat(9), max: fc.nat(9) }, { requiredKeys: [] }) },
      { requiredKeys: [] },
    ),
    excludeItemIds: fc.array(id, { maxLength: 3 }),
  },
  { requiredKeys: [] },
);
const step = fc.oneof(
  { weight: 12, arbitrary: fc.record({ kind: fc.constant("put" as const), item, vector }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("remove" as const), id }) },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("search" as const),
      vectors: fc.array(vector, { minLength: 1, maxLength: 3 }),
      k: fc.integer({ min: 1, max: 9 }),
      filter: fc.option(filter, { nil: undefined }),
      minScore: fc.option(fc.integer({ min: -40, max: 40 }), { nil: undefined }),
      exact: fc.boolean(),
    }),
  },
  { weight: 2, arbitrary: fc.constant({ kind: "rebuild" as const }) },
  { weight: 3, arbitrary: fc.constant({ kind: "turns" as const }) },
);

/** A graph costs less than nothing: it is used wherever it may be. */
const graphIsFree: Costing = Object.assign(new CostModel(DIMENSIONS), { graphUs: () => -1_000_000 });

for (const metric of ["ip", "l2"] as const) {
  for (const graph of [false, true]) {
    const name = graph ? "with a graph" : "without a graph";
    t.test(`${metric} ${name}: every search sees what a map showed when it was called`, async (t) => {
      const seen = new Set<string>();
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 200, size: "max" }), (steps) => run(steps, metric, graph, seen)),
        { seed, numRuns: 300 },
      );
      const plans = ["compacted", "empty", "exact-all", "exact-rows", ...(graph ? ["graph"] : [])];
      t.same([...seen].sort(), plans, "all that can happen has happened");
    });
  }
}

type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;

t.test("the kernel's threads answer as the plain scan does", async (t) => {
  const pool = new ScanPool({ threads: 1, inlineUs: 0 });
  t.teardown(() => pool.close());
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 200, size: "max" }), (steps) =>
      run(steps, "ip", true, new Set(), pool),
    ),
    { seed, numRuns: 30 },
  );
});

async function run(
  steps: Step[],
  metric: "ip" | "l2",
  graph: boolean,
  seen: Set<string>,
  scanner: Omit<Scanner, "close"> = plainScanner,
): Promise<void> {
  const engine = new PlainEngine();
  const index = new VectorIndex({
    dimensions: DIMENSIONS,
    metric,
    scanner,
    blockRows: 16,
    rebuild: { minGraphRows: 8, minDeadRows: 6 },
    onEvent: (event) => {
      if (event.kind === "rebuilt" && event.compacted) seen.add("compacted");
    },
    ...(graph ? { graph: { engine, factory: () => "Plain" }, costs: graphIsFree } : {}),
  });
  const model = new Map<string, { item: Attributes; vector: Float32Array }>();
  const searches: Promise<void>[] = [];
  for (const one of steps) {
    if (one.kind === "put") {
      const was = index.remove(one.item.itemId);
      if (was !== model.has(one.item.itemId)) throw new Error(`expected ${one.item.itemId} to be there: ${!was}`);
      index.add(one.item, one.vector);
      model.set(one.item.itemId, one);
    } else if (one.kind === "remove") {
      if (index.remove(one.id) !== model.delete(one.id)) throw new Error(`removing ${one.id} disagrees`);
    } else if (one.kind === "rebuild") {
      searches.push(index.rebuild());
    } else if (one.kind === "turns") {
      await Promise.all(searches.splice(0, 2));
    } else {
      const expected = one.vectors.map((query) =>
        [...model.values()]
          .filter((row) => passes(row.item, one.filter ?? {}))
          .map((row) => ({ itemId: row.item.itemId, score: scoreOf(metric, query, row.vector) }))
          .filter(({ score }) => score >= (one.minScore ?? Number.NEGATIVE_INFINITY))
          .sort(compare)
          .slice(0, one.k),
      );
      searches.push(
        index.searchAll(one.vectors, one).then((answers) => {
          if (answers.length !== expected.length) throw new Error(`expected ${expected.length} answers`);
          for (const [at, answer] of answers.entries()) agree(answer, expected[at]!, seen);
        }),
      );
    }
    if (index.count !== model.size) throw new Error(`expected ${model.size} items, got ${index.count}`);
  }
  await Promise.all(searches);
  await index.settled();
  if (index.rebuildState.lastError) throw new Error(index.rebuildState.lastError);
  await index.close();
  if (engine.graphs.some(({ closed }) => !closed)) throw new Error("a graph was left open");
}

/** Among equal scores a graph may find others than the first by id; all else is the same. */
function agree(
  { neighbours, plan }: VectorAnswer,
  expected: { itemId: string; score: number }[],
  kinds: Set<string>,
): void {
  kinds.add(plan.kind);
  const seen = plan.kind === "graph" ? neighbours.map(({ score }) => score) : neighbours;
  const wanted = plan.kind === "graph" ? expected.map(({ score }) => score) : expected;
  if (JSON.stringify(seen) === JSON.stringify(wanted)) return;
  throw new Error(`${plan.kind}: expected ${JSON.stringify(wanted)}, got ${JSON.stringify(seen)} (${plan.reason})`);
}

const plainItem = (itemId: string, owner = 0): Attributes => ({ itemId, owner, category: 0, colour: 0 });
const small = (more: Partial<VectorIndexOptions> = {}) =>
  new VectorIndex({ dimensions: 2, scanner: plainScanner, ...more });

t.test("an index refuses another length, an item twice, and no neighbours at all", async (t) => {
  const index = small();
  t.throws(() => index.add(plainItem("a"), new Float32Array(3)), /expected 2 dimensions, got 3/);
  index.add(plainItem("a"), Float32Array.of(1, 0));
  t.throws(() => index.add(plainItem("a"), Float32Array.of(1, 0)), /item a is there already: remove it first/);
  t.equal(index.remove("b"), false);
  await t.rejects(index.search({ vector: new Float32Array(3), k: 1 }), /expected 2 dimensions, got 3/);
  await t.rejects(index.search({ vector: new Float32Array(2), k: 0 }), /expected k of 1 or more, got 0/);
  t.throws(() => small({ dimensions: 0 }), /expected dimensions of 1 or more, got 0/);
});

t.test("cosine scores stay within -1 to 1", async (t) => {
  const index = small();
  const long = Float32Array.of(1.001, 0);
  index.add(plainItem("a"), long);
  index.add(plainItem("b"), Float32Array.of(-1.001, 0));
  const { neighbours } = await index.search({ vector: long, k: 2 });
  t.same(neighbours, [
    { itemId: "a", score: 1 },
    { itemId: "b", score: -1 },
  ]);
});

t.test("a search that begins after its caller has gone ends with the caller's reason", async (t) => {
  const index = small();
  index.add(plainItem("a"), Float32Array.of(1, 0));
  const gone = new AbortController();
  const searching = index.search({ vector: Float32Array.of(1, 0), k: 1, signal: gone.signal });
  gone.abort(new Error("the caller hung up"));
  await t.rejects(searching, /the caller hung up/);
});

t.test("plans say how and why", async (t) => {
  const index = small();
  const at = (k: number, filter?: RowFilter) => index.search({ vector: Float32Array.of(1, 0), k, filter });
  t.match((await at(1)).plan, { kind: "empty", reason: "there are no rows" });
  for (let n = 0; n < 10; n++) index.add(plainItem(`i${n}`, n % 2), Float32Array.of(1, 0));
  t.match((await at(1)).plan, { kind: "exact-all", candidates: 10, reason: /no graph engine/ });
  t.match((await at(1, { anyOf: { owner: new Set([1]) } })).plan, { kind: "exact-rows", candidates: 5 });
  t.match((await at(1, { anyOf: { owner: new Set([7]) } })).plan, { kind: "empty", candidates: 0 });
  const later = small({ graph: { engine: new PlainEngine(), factory: () => "Plain" } });
  later.add(plainItem("a"), Float32Array.of(1, 0));
  t.match(later.explain({ vector: Float32Array.of(1, 0), k: 1 }).reason, /fewer than the 20000 from which on/);
});

t.test("memory and size are told by what holds them", async (t) => {
  const engine = new PlainEngine();
  const index = small({ graph: { engine, factory: () => "Plain" }, rebuild: { minGraphRows: 2 } });
  t.same([index.sizeBytes, index.memoryBytes], [0, 0]);
  for (let n = 0; n < 4; n++) index.add(plainItem(`i${n}`), Float32Array.of(1, n));
  await index.rebuild();
  const { vectors, columns, postings, ids, graph, total } = index.memory;
  t.equal(total, vectors + columns + postings + ids + graph);
  t.equal(graph, 4 * 2 * 4);
  t.ok(vectors >= index.sizeBytes && columns > 0 && postings > 0 && ids > 0);
  index.remove("i0");
  t.equal(index.sizeBytes, 3 * 2 * 4);
});
