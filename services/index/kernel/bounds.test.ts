import fc from "fast-check";
import t from "tap";
import { Bounds } from "./bounds.ts";
import { boundsModule, type Products } from "./bounds-module.ts";
import { Kernel, type Slice, type SliceRows } from "./kernel.ts";
import type { Metric } from "./scan.ts";
import { LIST, QUERIES, SURVIVORS } from "./scan-module.ts";
import { Scratch } from "./scratch.ts";
import type { SharedRows } from "./shared-rows.ts";
import { blockOf, randomOf } from "./testing/random-rows.ts";

/** Not every runtime has both. */
const forms = (["pairs", "fours"] as const).filter((products) => WebAssembly.validate(boundsModule(products)));

/** Enough rows that bounds are computed, of any of these lengths. */
const shape = fc.record({
  seed: fc.integer(),
  dimensions: fc.constantFrom(64, 65, 128, 300, 784, 1025, 2100),
  more: fc.integer({ min: 0, max: 300 }),
  metric: fc.constantFrom<Metric>("ip", "l2"),
  k: fc.constantFrom(1, 2, 10, 60, 150, 5000),
  pick: fc.constantFrom("range", "bits", "list"),
  /** Few of them make equal scores. */
  levels: fc.constantFrom(1, 2, 127, 2 ** 20),
  /** Powers of ten by which rows differ, and by which the query differs from them. */
  sizes: fc.constantFrom([0, 0], [-1, 1], [-30, 30], [-44, -36], [-16, -14], [14, 16], [0, 30], [-45, 0], [6, 6]),
  querySize: fc.constantFrom(0, -40, -30, -15, 15, 18, 30),
  zeros: fc.constantFrom(0, 0.5, 0.99),
  /** Share of the rows that are one and the same. */
  equal: fc.constantFrom(0, 0.3, 1),
  /** The query is a row, but for a little. */
  near: fc.boolean(),
  signed: fc.boolean(),
  threshold: fc.constantFrom("none", "reached by few", "beyond all"),
});
type Shape = typeof shape extends fc.Arbitrary<infer T> ? T : never;

interface Case {
  rows: SharedRows;
  slice: Slice;
}

let lastQueries = 0;

function caseOf(of: Shape): Case {
  const { dimensions, metric, k, levels, zeros } = of;
  const random = randomOf(of.seed);
  const count = Math.ceil(2 ** 16 / dimensions) + 256 + of.more;
  const value = () => {
    if (random() < zeros) return 0;
    return (Math.floor(random() * levels) + 1) * (of.signed && random() < 0.5 ? -1 : 1);
  };
  const [least = 0, most = 0] = of.sizes;
  const values = new Float32Array(count * dimensions);
  for (let row = 0; row < count; row++) {
    const at = row * dimensions;
    if (row > 0 && random() < of.equal) {
      values.copyWithin(at, 0, dimensions);
      continue;
    }
    const size = 10 ** (least + random() * (most - least));
    for (let n = 0; n < dimensions; n++) values[at + n] = clamped(value() * size);
  }
  const rows = blockOf(values, dimensions);
  const query = new Float32Array(dimensions);
  const like = Math.floor(random() * count) * dimensions;
  const size = 10 ** of.querySize;
  for (let n = 0; n < dimensions; n++) {
    query[n] = of.near ? values[like + n]! * (1 + 1e-3 * random()) : clamped(value() * size);
  }
  const slice: Slice = {
    block: { id: rows.id, memory: rows.memory, codes: rows.codes, stride: rows.stride },
    ...{ metric, k, queriesId: ++lastQueries, queries: query },
    thresholds: Float32Array.of(Number.NEGATIVE_INFINITY),
    rows: rowsOf(of.pick, count, random),
  };
  if (of.threshold !== "none") {
    const { scores } = new Kernel().run({ ...slice, block: { ...slice.block, codes: undefined }, k: 30 });
    const reached = scores.toSorted().at(of.threshold === "beyond all" ? -1 : 0);
    if (reached !== undefined && reached < 1e30 && reached > -1e30) {
      slice.thresholds[0] = of.threshold === "beyond all" ? reached + Math.abs(reached) + 1 : reached;
    }
  }
  return { rows, slice };
}

/** No sum of squares overflows: the answers of an exact scan would be infinite, and are not asked for. */
const clamped = (value: number) => Math.max(-1e18, Math.min(1e18, value));

function rowsOf(pick: string, count: number, random: () => number): SliceRows {
  const first = Math.floor(random() * 8);
  if (pick === "range") return { kind: "range", first, count: count - first };
  if (pick === "bits") {
    return { kind: "bits", first: 8, bits: Uint32Array.from({ length: (count - 8) / 32 }, () => random() * 2 ** 32) };
  }
  const list = Uint32Array.from({ length: count }, (_, row) => count - 1 - row);
  return { kind: "list", list: list.filter(() => random() < 0.95) };
}

/** Row and bits of the score of each, by row. */
function foundBy(kernel: Kernel, slice: Slice): string[] {
  const { rows, scores } = kernel.run(slice);
  const bits = new Uint32Array(scores.buffer);
  return [...rows].map((row, n) => `${row}:${bits[n]}`).sort();
}

for (const products of forms) {
  t.test(`what is found with bounds by ${products} is what is found without, bit for bit`, async (t) => {
    fc.assert(
      fc.property(shape, (of) => {
        const { slice } = caseOf(of);
        const plain = foundBy(new Kernel(), { ...slice, block: { ...slice.block, codes: undefined } });
        const kernel = new Kernel(products);
        for (let again = 0; again < 2; again++) {
          const found = foundBy(kernel, slice);
          if (found.join() !== plain.join()) throw new Error(`expected ${plain}, got ${found}`);
        }
      }),
      { numRuns: 150 },
    );
    t.pass("every case was the same");
  });

  t.test(`no score is above its upper bound by ${products}`, async (t) => {
    fc.assert(
      fc.property(shape, (of) => {
        const { rows, slice } = caseOf({ ...of, pick: "range", threshold: "none" });
        const everything = { kind: "range", first: 0, count: rows.capacity } as const;
        const block = { ...slice.block, codes: undefined };
        const all = new Kernel().run({ ...slice, block, rows: everything, k: rows.capacity });
        // Fewer than k reach any of these, so that nothing but the threshold leaves rows out.
        const k = Math.floor(rows.capacity / 4) - 1;
        const { scores } = all;
        const best = scores.filter(Number.isFinite).toSorted().reverse().slice(0, k);
        for (const threshold of best.filter((_, n) => n < 5 || n % 40 === 0)) {
          const { bounds, listed, integers, asked, places } = boundsOver(rows, slice.queries, products);
          const left = bounds.survivors(listed, { ...asked, metric: of.metric, k: k + 1, threshold }, places);
          if (left === undefined) continue;
          const survivors = new Set(integers.subarray(SURVIVORS / 4, SURVIVORS / 4 + left));
          const lost = all.rows.filter(
            (row, n) => row < listed.count && scores[n]! >= threshold && !survivors.has(row),
          );
          if (lost.length > 0) throw new Error(`expected rows that reach ${threshold} to be left, lost ${lost}`);
        }
      }),
      { numRuns: 40 },
    );
    t.pass("none was");
  });

  t.test(`bounds by ${products} leave few rows of garments on black, and never the best`, async (t) => {
    for (const metric of ["ip", "l2"] as const) {
      const { bounds, listed, asked, integers, places } = clusters(metric, products);
      const left = bounds.survivors(listed, asked, places);
      t.ok(left !== undefined && left >= asked.k && left < listed.count / 8, `${left} of ${listed.count} by ${metric}`);
      t.ok(integers.subarray(SURVIVORS / 4, SURVIVORS / 4 + left!).includes(17), "the query's own row");
    }
  });
}

t.test("bounds are not computed where they are of no use, and the scan is told", async (t) => {
  const { bounds, listed, asked, places: at, floats } = clusters("l2", "pairs");
  t.equal(bounds.survivors({ ...listed, count: 200 }, asked, at), undefined, "few rows");
  t.equal(bounds.survivors(listed, { ...asked, k: listed.count / 2 }, at), undefined, "half of them are wanted");
  const query = floats.slice(asked.query / 4, asked.query / 4 + asked.stride);
  floats.set(
    query.map((value) => value * 1e18),
    asked.query / 4,
  );
  const unknown = { ...asked, queriesId: ++lastQueries };
  t.equal(bounds.survivors(listed, unknown, at), undefined, "a query of which nothing is known");
  floats.set(query, asked.query / 4);
  t.type(bounds.survivors(listed, asked, at), "number", "and afterwards they are again");
});

t.test("where all rows have the same score bounds leave all, and the next search goes without", async (t) => {
  const { bounds, listed, asked, places: at } = clusters("ip", "pairs", () => 0.9);
  t.equal(bounds.survivors(listed, asked, at), undefined);
  const beyond = { ...asked, threshold: 1e9 };
  t.equal(bounds.survivors(listed, beyond, at), undefined, "not tried");
  t.equal(bounds.survivors(listed, beyond, at), 0, "tried again");
});

/** Rows around a few centres, and the row 17 as a query. */
function clusters(metric: Metric, products: Products, random = randomOf(5)) {
  const [dimensions, count] = [256, 4096];
  const centres = Float32Array.from({ length: 64 * dimensions }, () => random() - 0.5);
  const values = new Float32Array(count * dimensions);
  for (let n = 0; n < values.length; n++) {
    const row = Math.floor(n / dimensions);
    values[n] = centres[(row % 64) * dimensions + (n % dimensions)]! + 0.5 * (random() - 0.5);
  }
  const rows = blockOf(values, dimensions);
  const over = boundsOver(rows, rows.get(17), products);
  return { ...over, asked: { ...over.asked, metric, k: 10, threshold: Number.NEGATIVE_INFINITY } };
}

/** Of all rows, in a memory of their own. */
function boundsOver(rows: SharedRows, query: Float32Array, products: Products) {
  const scratch = new Scratch();
  const { integers, floats } = scratch;
  const { stride } = rows;
  floats.set(query, QUERIES / 4);
  for (let n = 0; n < rows.capacity; n++) integers[LIST / 4 + n] = n;
  const bounds = new Bounds(scratch, rows.codes!, products);
  return {
    ...{ bounds, integers, floats, listed: { list: LIST, count: rows.capacity, first: 0 } },
    asked: { queriesId: ++lastQueries, query: QUERIES, stride },
    places: { free: QUERIES + stride * 4, to: SURVIVORS },
  };
}
