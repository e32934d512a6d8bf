import fc from "fast-check";
import t from "tap";
import { addRows, trainingSample } from "./feed-rows.ts";

/** Rows whose values are their number. */
function numbered(dimensions: number) {
  return (first: number, count: number) =>
    Float32Array.from({ length: count * dimensions }, (_, i) => first + Math.floor(i / dimensions));
}

t.test("every row is added once and in order, whatever the sizes", async (t) => {
  const sizes = fc.record({
    dimensions: fc.integer({ min: 1, max: 3_000 }),
    count: fc.integer({ min: 1, max: 2_000 }),
  });
  await fc.assert(
    fc.asyncProperty(sizes, async ({ dimensions, count }) => {
      let next = 0;
      const progress: number[] = [];
      const build = { dimensions, count, rows: numbered(dimensions), metric: "ip" as const, factory: "Flat" };
      await addRows({ ...build, onProgress: (done) => progress.push(done) }, async (vectors, size) => {
        for (let row = 0; row < size; row++) if (vectors[row * dimensions] !== next++) throw new Error(`row ${next}`);
      });
      return next === count && progress.at(-1) === count;
    }),
    { numRuns: 20 },
  );
  t.pass();
});

t.test("few rows are all trained with", async (t) => {
  const sample = await trainingSample({ factory: "IVF16,Flat", dimensions: 2, count: 5_000, rows: numbered(2) });
  t.same(
    [...sample].filter((_, i) => i % 2 === 0),
    Array.from({ length: 5_000 }, (_, i) => i),
  );
});

t.test("of many rows a sample is taken from the first to the last, more for more cells", async (t) => {
  const count = 300_000;
  const small = await trainingSample({ factory: "PQ4", dimensions: 1, count, rows: numbered(1) });
  t.equal(small.length, 256 * 256);
  t.equal(small[0], 0);
  t.equal(small.at(-1), count - 1);
  t.equal(new Set(small).size, small.length, "no row twice");
  const large = await trainingSample({ factory: "IVF1024,PQ4", dimensions: 1, count, rows: numbered(1) });
  t.equal(large.length, 256 * 1024);
});

t.test("copying a sample lets the event loop turn, and ends when it is not wanted", async (t) => {
  const stop = new AbortController();
  setImmediate(() => stop.abort(new Error("enough")));
  const large = { factory: "PQ4", dimensions: 256, count: 60_000, rows: numbered(256), signal: stop.signal };
  await t.rejects(trainingSample(large), new Error("enough"));
});
