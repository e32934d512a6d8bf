/** Scans on threads and without, on whatever runtime this is started on; the last line says whether they were right. */
import { boundsModule } from "../bounds-module.ts";
import { type Found, Kernel, type Slice } from "../kernel.ts";
import { ScanPool } from "../scan-pool.ts";
import { naiveScan } from "./naive-scan.ts";
import { blockOf, randomOf, randomVectors } from "./random-rows.ts";

const dimensions = 70;
const count = 20_000;
const rows = blockOf(randomVectors(randomOf(1), count, dimensions), dimensions);
const queries = randomVectors(randomOf(2), 4, dimensions);
/** Alone, a query is compared with codes first. */
const alone = queries.subarray(0, dimensions);
const expected = JSON.stringify(naiveScan({ blocks: [{ rows, count }], queries, k: 10, metric: "l2" }));

const slice: Slice = {
  block: { id: rows.id, memory: rows.memory, codes: rows.codes, stride: rows.stride },
  ...{ metric: "l2", k: 10, queriesId: 1, queries: alone },
  thresholds: Float32Array.of(Number.NEGATIVE_INFINITY),
  rows: { kind: "range", first: 0, count },
};
const sorted = ({ rows, scores }: Found) =>
  [...rows]
    .map((row, n) => `${row}:${scores[n]}`)
    .sort()
    .join();
const plain = sorted(new Kernel().run({ ...slice, block: { ...slice.block, codes: undefined } }));
for (const products of ["pairs", "fours"] as const) {
  const there = WebAssembly.validate(boundsModule(products));
  console.log(JSON.stringify({ products, right: !there || sorted(new Kernel(products).run(slice)) === plain }));
}

for (const threads of [0, 2]) {
  const pool = new ScanPool({ threads });
  const scan = () => pool.scan({ blocks: [{ rows, count }], queries, k: 10, metric: "l2" });
  await scan();
  // Threads that die are replaced.
  const scans = [scan(), scan(), scan()];
  await Promise.all(pool.threads.map((thread) => thread.end()));
  const right = (await Promise.all(scans)).every((found) => JSON.stringify(found) === expected);
  const gone = await pool
    .scan({ ...{ blocks: [{ rows, count }], queries, k: 1, metric: "ip" }, signal: AbortSignal.abort("gone") })
    .catch((reason) => reason);
  console.log(JSON.stringify({ threads, right, gone }));
  // The last pool is left open: idle threads do not keep a process alive.
  if (threads === 0) await pool.close();
}
