import fc from "fast-check";
import t from "tap";
import { boundsModule } from "./bounds-module.ts";
import { Kernel, type Slice, type SliceRows } from "./kernel.ts";
import { learnRotation, rotationOf, SAMPLE_ROWS, SKETCH_VALUES } from "./rotation.ts";
import type { Metric } from "./scan.ts";
import { LIST, QUERIES, SURVIVORS, UPPERS } from "./scan-module.ts";
import { Scratch } from "./scratch.ts";
import type { SharedRows } from "./shared-rows.ts";
import { SketchBounds } from "./sketch-bounds.ts";
import { blockOf, randomOf } from "./testing/random-rows.ts";
import { sketched, toEnd } from "./testing/sketched.ts";

/** Not every runtime has both. */
const forms = (["pairs", "fours"] as const).filter((products) => WebAssembly.validate(boundsModule(products)));

const shape = fc.record({
  seed: fc.integer(),
  dimensions: fc.constantFrom(192, 200, 300, 784, 1025, 2100),
  count: fc.integer({ min: 520, max: 900 }),
  metric: fc.constantFrom<Metric>("ip", "l2"),
  k: fc.constantFrom(1, 2, 10, 30),
  pick: fc.constantFrom("range", "bits", "list"),
  /** Rows lie along so many directions, and so far beside them. */
  rank: fc.constantFrom(1, 3, 20, 100),
  beside: fc.constantFrom(0, 1e-6, 0.01, 0.3, 2),
  /** Of few levels many scores are equal. */
  levels: fc.constantFrom(2, 2 ** 20),
  /** Powers of ten by which rows differ, and by which the query differs from them. */
  sizes: fc.constantFrom([0, 0], [0, 0], [-1, 1], [-30, 15], [-44, -36], [-16, -14], [14, 16], [6, 6]),
  querySize: fc.constantFrom(0, 0, 0, -40, -15, 15, 18),
  /** Share of the rows that are one and the same; of the others some are zero. */
  equal: fc.constantFrom(0, 0.3, 1),
  query: fc.constantFrom("near a row", "like the rows", "unlike them", "an axis"),
  axes: fc.constantFrom("of the rows", "drawn", "of the values"),
  threshold: fc.constantFrom(0, 0, 0.01, 0.2),
});
type Shape = typeof shape extends fc.Arbitrary<infer T> ? T : never;

let lastQueries = 0;

function caseOf(of: Shape): { rows: SharedRows; slice: Slice } | undefined {
  const { dimensions, count, metric, k } = of;
  const random = randomOf(of.seed);
  const value = () => Math.floor((random() - 0.5) * of.levels * 2) / of.levels;
  const directions = Array.from({ length: of.rank }, () => Float64Array.from({ length: dimensions }, value));
  const drawn = (): Float64Array => {
    const row = Float64Array.from({ length: dimensions }, () => of.beside * value());
    for (const direction of directions) {
      const factor = value();
      for (let n = 0; n < dimensions; n++) row[n]! += factor * direction[n]!;
    }
    return row;
  };
  const [least = 0, most = 0] = of.sizes;
  const values = new Float32Array(count * dimensions);
  for (let row = 0; row < count; row++) {
    const size = random() < 0.02 ? 0 : 10 ** (least + random() * (most - least));
    if (row > 0 && random() < of.equal) values.copyWithin(row * dimensions, 0, dimensions);
    else values.set(clamped(drawn(), size), row * dimensions);
  }
  const rows = blockOf(values, dimensions);
  const axes = Array.from({ length: SKETCH_VALUES }, (_, n) => {
    if (of.axes === "of the values") return Float64Array.from({ length: dimensions }, (_, at) => (at === n ? 1 : 0));
    const like = of.axes === "of the rows" ? directions[n] : undefined;
    return like?.slice() ?? Float64Array.from({ length: dimensions }, () => random() - 0.5);
  });
  const rotation = toEnd(rotationOf(axes));
  if (!rotation) return undefined;
  sketched(rows, rotation);
  const at = Math.floor(random() * count) * dimensions;
  const size = 10 ** of.querySize;
  const query = {
    "near a row": () => values.slice(at, at + dimensions).map((one) => one * (1 + 1e-3 * random())),
    "like the rows": () => clamped(drawn(), size),
    "unlike them": () => Float32Array.from({ length: dimensions }, () => (random() - 0.5) * size),
    "an axis": () => rotation.values.slice(0, dimensions).map((one) => one * size),
  }[of.query]();
  const slice: Slice = {
    ...{ block: rows.handle, metric, k, queriesId: ++lastQueries, queries: query },
    thresholds: Float32Array.of(Number.NEGATIVE_INFINITY),
    rows: rowsOf(of.pick, count, random),
  };
  if (of.threshold > 0) {
    const scores = scoresOf(rows, slice).filter(Number.isFinite).sort();
    slice.thresholds[0] = scores[Math.floor(scores.length * (1 - of.threshold))] ?? Number.NEGATIVE_INFINITY;
  }
  return { rows, slice };
}

/** No sum of squares overflows: the answers of an exact scan would be infinite, and are not asked for. */
function clamped(values: Float64Array, size: number): Float32Array {
  return Float32Array.from(values, (one) => Math.max(-1e17, Math.min(1e17, one * size)));
}

function rowsOf(pick: string, count: number, random: () => number): SliceRows {
  if (pick === "range") return { kind: "range", first: 3, count: count - 3 };
  if (pick === "bits") {
    return { kind: "bits", first: 0, bits: Uint32Array.from({ length: count / 32 }, () => 0xfffffffe) };
  }
  return {
    kind: "list",
    list: Uint32Array.from({ length: count }, (_, row) => count - 1 - row).filter(() => random() < 0.99),
  };
}

const plain = ({ id, memory, stride }: Slice["block"]) => ({ id, memory, stride });

/** The exact score of every row. */
function scoresOf(rows: SharedRows, slice: Slice): Float32Array {
  const everything = { kind: "range", first: 0, count: rows.capacity } as const;
  const thresholds = Float32Array.of(Number.NEGATIVE_INFINITY);
  const all = { ...slice, block: plain(slice.block), rows: everything, k: rows.capacity, thresholds };
  const found = new Kernel().run(all);
  const scores = new Float32Array(rows.capacity).fill(Number.NEGATIVE_INFINITY);
  for (const [n, row] of found.rows.entries()) scores[row] = found.scores[n]!;
  return scores;
}

/** Row and bits of the score of each, by row. */
function foundBy(kernel: Kernel, slice: Slice): string {
  const { rows, scores } = kernel.run(slice);
  const bits = new Uint32Array(scores.buffer);
  return [...rows]
    .map((row, n) => `${row}:${bits[n]}`)
    .sort()
    .join();
}

/** Bounds of all rows, in a memory of their own. */
function boundsOver(
  { handle, sketches, capacity, stride }: SharedRows,
  query: Float32Array,
  products: "pairs" | "fours",
) {
  const scratch = new Scratch();
  scratch.reserve(QUERIES + 20 * stride);
  scratch.floats.set(query, QUERIES / 4);
  for (let n = 0; n < capacity; n++) scratch.integers[LIST / 4 + n] = n;
  const bounds = new SketchBounds(scratch, sketches!.handle, products);
  const listed = { list: LIST, count: capacity, first: 0 };
  const asked = {
    queriesId: ++lastQueries,
    query: QUERIES,
    stride: handle.stride,
    threshold: Number.NEGATIVE_INFINITY,
  };
  return { scratch, bounds, listed, asked, at: { full: false, free: QUERIES + 8 * stride } };
}

t.test(
  "what is found by sketches is what is found without, bit for bit, and no score is above its bound",
  async (t) => {
    const bounded = new Map(forms.map((products) => [products, 0]));
    fc.assert(
      fc.property(shape, (of) => {
        const one = caseOf(of);
        fc.pre(one !== undefined);
        const { rows, slice } = one;
        const expected = foundBy(new Kernel(), { ...slice, block: plain(slice.block) });
        const scores = scoresOf(rows, slice);
        for (const products of forms) {
          const kernel = new Kernel(products);
          for (let again = 0; again < 2; again++) {
            const found = foundBy(kernel, slice);
            if (found !== expected) throw new Error(`expected ${expected}, got ${found} with ${products}`);
          }
          const { scratch, bounds, listed, asked, at } = boundsOver(rows, slice.queries, products);
          if (!bounds.compute(listed, { ...asked, metric: of.metric, k: of.k }, at)) continue;
          for (const [row, score] of scores.entries()) {
            const upper = scratch.floats[UPPERS / 4 + row]!;
            if (score > upper)
              throw new Error(`expected at most ${upper} of row ${row} with ${products}, got ${score}`);
            if (upper < Number.POSITIVE_INFINITY) bounded.set(products, bounded.get(products)! + 1);
          }
        }
      }),
      { numRuns: 60 },
    );
    for (const [products, count] of bounded) t.ok(count > 10_000, `none of ${count} was with ${products}`);
  },
);

/** Rows around a few centres. */
function clusters(count: number, dimensions = 256): SharedRows {
  const random = randomOf(5);
  const centres = Float32Array.from({ length: 40 * dimensions }, () => random() - 0.5);
  const values = new Float32Array(count * dimensions);
  for (let n = 0; n < values.length; n++) {
    values[n] = centres[(Math.floor(n / dimensions) % 40) * dimensions + (n % dimensions)]! + 0.1 * (random() - 0.5);
  }
  return blockOf(values, dimensions);
}

const sampleOf = (rows: SharedRows) => Array.from({ length: 2 * SAMPLE_ROWS }, (_, row) => rows.get(row));

t.test("axes that are learned from rows leave few of them", async (t) => {
  const rows = clusters(4000);
  sketched(rows, toEnd(learnRotation(sampleOf(rows)))!);
  for (const metric of ["ip", "l2"] as const) {
    const { bounds, scratch, listed, asked, at } = boundsOver(rows, rows.get(17), "pairs");
    const { k, ...known } = { ...asked, metric, k: 10 };
    t.ok(bounds.compute(listed, { ...known, k }, at));
    const seeds = bounds.seeds(listed, { ...known, k });
    const first = scratch.integers.slice(SURVIVORS / 4, SURVIVORS / 4 + seeds.count);
    t.ok(first.includes(17), "the query's own row promises most");
    const thresholds = new Float32Array(1);
    const slice = { block: rows.handle, metric, k, queriesId: ++lastQueries, queries: rows.get(17), thresholds };
    const scores = scoresOf(rows, { ...slice, rows: { kind: "range", first: 0, count: 1 } });
    const threshold = [...first].map((row) => scores[row]!).sort((a, b) => b - a)[k - 1]!;
    const left = bounds.survivors(listed, threshold);
    t.ok(left.count < 200, `${left.count} of ${listed.count} by ${metric}`);
  }
});

t.test("there are no axes where rows differ in every direction, or not at all", async (t) => {
  const random = randomOf(3);
  const drawn = Array.from({ length: 512 }, () => Float32Array.from({ length: 256 }, () => random() - 0.5));
  t.equal(toEnd(learnRotation(drawn)), undefined);
  t.equal(toEnd(learnRotation(drawn.map(() => new Float32Array(256).fill(1)))), undefined);
  t.equal(toEnd(learnRotation(drawn.slice(0, 90))), undefined, "too few of them");
});

t.test("rows have sketches in the order in which they come once there are axes", async (t) => {
  const rows = clusters(600);
  t.equal(rows.sketches!.rows, 0);
  const rotation = toEnd(learnRotation(sampleOf(rows)))!;
  rows.sketches!.turn(rotation);
  rows.set(1, rows.get(0).slice());
  t.equal(rows.sketches!.rows, 0, "the first one has none yet");
  rows.set(0, rows.get(0).slice());
  t.equal(rows.sketches!.rows, 1);
  t.throws(() => rows.sketches!.turn(rotation), new RangeError("expected a block without axes, it has some"));
  const { bounds, listed, asked, at } = boundsOver(rows, rows.get(17), "pairs");
  t.notOk(bounds.compute(listed, { ...asked, metric: "l2", k: 10 }, at), "not all of them have sketches");
});

t.test("where sketches leave most rows the next scans go without", async (t) => {
  const rows = clusters(4000);
  sketched(rows, toEnd(learnRotation(sampleOf(rows)))!);
  const { bounds, listed, asked, at } = boundsOver(rows, rows.get(17), "pairs");
  const wanted = { ...asked, metric: "l2" as const, k: 10 };
  t.ok(bounds.compute(listed, wanted, at));
  t.equal(bounds.survivors(listed, -1e9).count, 4000);
  t.notOk(bounds.compute(listed, wanted, at));
  t.ok(bounds.compute(listed, wanted, at), "tried again");
  t.ok(bounds.compute({ ...listed, count: 500 }, wanted, at), "few rows, by a query that is known");
  const another = { ...wanted, queriesId: ++lastQueries };
  t.notOk(bounds.compute({ ...listed, count: 500 }, another, at), "few rows");
  t.notOk(bounds.compute(listed, { ...wanted, k: 1000 }, at), "many are wanted");
  t.ok(bounds.compute(listed, { ...wanted, k: 1000 }, { ...at, full: true }), "and were found elsewhere");
});
