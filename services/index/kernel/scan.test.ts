import fc from "fast-check";
import t from "tap";
import type { Metric, ScanBlock, ScanRequest } from "./scan.ts";
import { ScanPool } from "./scan-pool.ts";
import { SharedRows } from "./shared-rows.ts";
import { naiveScan } from "./testing/naive-scan.ts";
import { blockOf, randomOf, randomVectors } from "./testing/random-rows.ts";

const here = new ScanPool({ threads: 0 });
const threads = new ScanPool({ threads: 2, inlineUs: 0 });
t.teardown(() => Promise.all([here.close(), threads.close()]));

/** What a property needs to make a request; all the numbers come from the seed. */
const shape = fc.record({
  seed: fc.integer(),
  dimensions: fc.integer({ min: 1, max: 300 }),
  counts: fc.array(fc.integer({ min: 0, max: 90 }), { minLength: 1, maxLength: 3 }),
  queries: fc.integer({ min: 1, max: 9 }),
  k: fc.integer({ min: 1, max: 120 }),
  metric: fc.constantFrom<Metric>("ip", "l2"),
  /** Few of them make equal scores. */
  levels: fc.constantFrom(2, 2 ** 20),
  pick: fc.constantFrom("all", "bitmap", "list", "ascending"),
  minScore: fc.option(fc.double({ min: -2, max: 2, noNaN: true }), { nil: undefined }),
});
type Shape = typeof shape extends fc.Arbitrary<infer T> ? T : never;

function requestOf({ seed, dimensions, counts, queries, k, metric, levels, pick, minScore }: Shape): ScanRequest {
  const random = randomOf(seed);
  const blocks = counts.map((count): ScanBlock => {
    const rows = blockOf(randomVectors(random, count, dimensions, levels), dimensions, count + 3);
    const accepted = Uint8Array.from({ length: Math.ceil(count / 8) + 1 }, () => random() * 256);
    const list = Uint32Array.from({ length: count }, (_, row) => row).filter(() => random() < 0.4);
    const first = pick === "list" || pick === "ascending" ? 0 : Math.floor(random() * (count + 1));
    return {
      rows,
      count,
      first,
      ...(pick === "bitmap" && { accepted }),
      ...(pick === "list" && { list: list.reverse() }),
      ...(pick === "ascending" && { list, ascending: true }),
    };
  });
  return { blocks, queries: randomVectors(random, queries, dimensions, levels), k, metric, minScore };
}

for (const [name, pool, numRuns] of [
  ["on the event loop", here, 300],
  ["on threads", threads, 100],
] as const) {
  t.test(`a scan ${name} finds what a naive scan finds, bit for bit`, async () => {
    await fc.assert(
      fc.asyncProperty(shape, async (of) => {
        const request = requestOf(of);
        return t.strictSame(await pool.scan(request), naiveScan(request));
      }),
      { numRuns },
    );
  });
}

/** 12 MB: slices for every thread. */
const dimensions = 50;
const vectors = randomVectors(randomOf(7), 60_000, dimensions);
const large = blockOf(vectors, dimensions);
const queries = randomVectors(randomOf(8), 70, dimensions);

t.test("a score depends neither on the batch, nor on the threads, nor on the block", async (t) => {
  const request = { blocks: [{ rows: large, count: 60_000 }], queries, k: 25, metric: "l2" as const };
  const whole = await threads.scan(request);
  t.strictSame(await here.scan(request), whole);
  const blocks = [0, 17_001, 17_002, 60_000].flatMap((from, n, all): ScanBlock[] => {
    const values = vectors.subarray(from * dimensions, (all[n + 1] ?? from) * dimensions);
    return values.length === 0 ? [] : [{ rows: blockOf(values, dimensions), count: values.length / dimensions }];
  });
  t.strictSame(await threads.scan({ ...request, blocks }), whole);
  for (const n of [0, 3, 69]) {
    const single = queries.subarray(n * dimensions, (n + 1) * dimensions);
    t.strictSame(await threads.scan({ ...request, queries: single }), [whole[n]]);
  }
});

t.test("a bitmap of all rows and a list of all rows find what no filter finds", async (t) => {
  const request = { queries: queries.subarray(0, 4 * dimensions), k: 1000, metric: "ip" as const };
  const blocks = [{ rows: large, count: 59_999, base: 5 }];
  const all = await threads.scan({ ...request, blocks });
  const accepted = new Uint8Array(7500).fill(255);
  const list = Uint32Array.from({ length: 59_999 }, (_, row) => 59_998 - row);
  t.strictSame(await threads.scan({ ...request, blocks: blocks.map((block) => ({ ...block, accepted })) }), all);
  t.strictSame(await threads.scan({ ...request, blocks: blocks.map((block) => ({ ...block, list })) }), all);
});

t.test("of many equal rows the first ones are kept, at most 4096", async (t) => {
  const rows = blockOf(new Float32Array(20_000).fill(0.5), 2);
  const request = { blocks: [{ rows, count: 10_000 }], queries: Float32Array.of(1, 1), metric: "ip" as const };
  for (const pool of [here, threads]) {
    const [few] = await pool.scan({ ...request, k: 3 });
    t.strictSame([...few!.rows], [...Array(4096).keys()]);
    const [many] = await pool.scan({ ...request, k: 5000 });
    t.strictSame([...many!.rows], [...Array(5000).keys()]);
    t.ok(many!.scores.every((score) => score === 1));
  }
});

t.test("a row at the least score is found, and equal vectors have distance 0", async (t) => {
  const blocks = [{ rows: blockOf(Float32Array.of(0.25, 0.5, 0.75), 1), count: 3 }];
  const one = Float32Array.of(1);
  const [found] = await here.scan({ blocks, queries: one, k: 3, metric: "ip", minScore: 0.5 });
  t.same([...found!.rows], [2, 1]);
  const [near] = await here.scan({ blocks, queries: Float32Array.of(0.5), k: 1, metric: "l2" });
  t.ok(Object.is(near!.scores[0], 0));
});

t.test("nothing to look at finds nothing", async (t) => {
  const rows = new SharedRows({ dimensions: 2, capacity: 8 });
  const request = { blocks: [], queries: Float32Array.of(1, 2), k: 3, metric: "ip" as const };
  const none = { rows: new Uint32Array(), scores: new Float32Array() };
  t.strictSame(await here.scan(request), []);
  t.strictSame(await threads.scan({ ...request, blocks: [{ rows, count: 0 }] }), [none]);
  t.strictSame(await threads.scan({ ...request, blocks: [{ rows, count: 8, accepted: Uint8Array.of(0) }] }), [none]);
  t.strictSame(await threads.scan({ ...request, blocks: [{ rows, count: 8 }], queries: new Float32Array() }), []);
});

t.test("a request that does not fit together is refused, with what was expected", async (t) => {
  const rows = new SharedRows({ dimensions: 2, capacity: 8 });
  const other = new SharedRows({ dimensions: 3, capacity: 8 });
  const request = { blocks: [{ rows, count: 8 }], queries: Float32Array.of(1, 2), k: 3, metric: "ip" as const };
  const refused = (change: Partial<ScanRequest>, message: string) =>
    t.rejects(here.scan({ ...request, ...change }), new RangeError(message));
  await refused({ k: 0 }, "expected k of 1 or more, got 0");
  await refused({ queries: new Float32Array(3) }, "expected queries of 2 dimensions, got 3 values");
  await refused(
    { blocks: [...request.blocks, { rows: other, count: 1 }] },
    "expected blocks of 2 dimensions, got one of 3",
  );
  await refused({ blocks: [{ rows, count: 9 }] }, "expected a count of 0 to 8, got 9");
  await refused(
    { blocks: [{ rows, count: 8, accepted: new Uint8Array(0) }] },
    "expected a bitmap of 8 bits or more, got 0",
  );
  await refused(
    { blocks: [{ rows, count: 8, accepted: new Uint8Array(1), list: new Uint32Array(1) }] },
    "expected a bitmap or a list of rows, got both",
  );
  await refused({ blocks: [{ rows, count: 8, first: 9 }] }, "expected a first row of 0 to 8, got 9");
  await refused(
    { blocks: [{ rows, count: 8, first: 1, list: new Uint32Array(1) }] },
    "expected a first row or a list of rows, got both",
  );
  const list = Uint32Array.of(1, 4);
  await refused({ blocks: [{ rows, count: 4, list }] }, "expected listed rows below 4, got 4");
  await refused({ blocks: [{ rows, count: 4, list, ascending: true }] }, "expected listed rows below 4, got 4");
});
