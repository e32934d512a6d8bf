import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import type { Metric } from "../../services/index/kernel/scan.ts";
import { ScanPool } from "../../services/index/kernel/scan-pool.ts";
import { SharedRows } from "../../services/index/kernel/shared-rows.ts";
import { blockOf, randomOf } from "../../services/index/kernel/testing/random-rows.ts";
import { answer, measureOptions } from "../support/measure.ts";
import { timed } from "../support/processor-time.ts";
import { median } from "../support/statistics.ts";
import { fashionMnist } from "./fashion-mnist.ts";
import { Python, PythonMissing } from "./python.ts";
import { turnsOf } from "./turns.ts";

// The exact scan beside FAISS Flat in Python: one thread against one, in turns, so that what else runs hits both. And how long
// scans hold the event loop.

/** Seconds that some searches took, and the rows that the last one found, k a query. */
interface Measured {
  wall: number;
  cpu: number;
  rows: number[];
}

const SIZES: readonly [count: number, dimensions: number][] = [
  [60_000, 784],
  [60_000, 256],
  [10_000, 512],
  [10_000, 256],
  [10_000, 128],
  [3_000, 256],
  [1_000, 512],
  [1_000, 128],
];
const K = 10;
const QUERIES = 64;
/** One query at a time on all of Fashion-MNIST, as a search comes. */
const USUAL = "60000x784_l2_batch1";

const { quick, seed } = measureOptions();
const rounds = quick ? 5 : 9;
const temporary = mkdtempSync(join(tmpdir(), "bench-kernel-"));
process.once("exit", () => rmSync(temporary, { recursive: true, force: true }));
const found: Record<string, number> = {};
const figures: Record<string, unknown> = {};
const skipped: string[] = [];
const real = await fashionMnist();
if ("reason" in real) skipped.push(`photographs: ${real.reason}; drawn values are compared instead`);

try {
  for (const [count, dimensions] of SIZES) {
    for (const metric of ["ip", "l2"] as const) await compare(count, dimensions, metric);
  }
} catch (error) {
  if (!(error instanceof PythonMissing)) throw error;
  skipped.push(`flat_over_faiss_flat: ${error.message}`);
}
await holdEventLoop();
const ratio = found[`flat_over_faiss_flat_${USUAL}`];
answer({ ratios: { flat_over_faiss_flat: ratio ?? null }, figures: { ...found, ...figures }, skipped });

/** Like pictures of clothes on black: half of the values are 0, the others whole numbers up to 255. */
function pictures(count: number, dimensions: number): Float32Array {
  const random = randomOf(seed);
  return Float32Array.from({ length: count * dimensions }, () => Math.max(0, Math.floor((random() - 0.5) * 512)));
}

/** Rows, then the queries: of Fashion-MNIST as many as it has of this length, or drawn. */
function valuesOf(count: number, dimensions: number): { values: Float32Array; drawn: boolean } {
  if ("reason" in real || real.base.dimensions !== dimensions || real.base.count < count) {
    return { values: pictures(count + QUERIES, dimensions), drawn: true };
  }
  const values = new Float32Array((count + QUERIES) * dimensions);
  values.set(real.base.values.subarray(0, count * dimensions));
  values.set(real.queries.values.subarray(0, QUERIES * dimensions), count * dimensions);
  return { values, drawn: false };
}

async function compare(count: number, dimensions: number, metric: Metric): Promise<void> {
  const file = join(temporary, "values.f32");
  const { values, drawn } = valuesOf(count, dimensions);
  writeFileSync(file, values);
  const rows = blockOf(values.subarray(0, count * dimensions), dimensions);
  const plain = new SharedRows({ dimensions, capacity: count, coded: false });
  for (let row = 0; row < count; row++) plain.set(row, rows.get(row));
  const queries = values.subarray(count * dimensions);
  const faiss = new Python("kernel-peer.py");
  const { version } = await faiss.ask<{ version: string }>({ op: "load", file, count, dimensions, metric });
  const pool = new ScanPool({ threads: 1 });

  const search = (batch: number, times: number) => faiss.ask<Measured>({ op: "measure", batch, times, k: K });
  const scan = async (batch: number, times: number, of = rows): Promise<Measured> => {
    const { value, ...spent } = await timed(async () => {
      let rowsFound: number[] = [];
      for (let n = 0; n < times; n++) {
        const first = (n * batch) % (QUERIES - batch + 1);
        const asked = queries.subarray(first * dimensions, (first + batch) * dimensions);
        const lists = await pool.scan({ blocks: [{ rows: of, count }], queries: asked, k: K, metric });
        rowsFound = lists.flatMap((one) => [...one.rows.subarray(0, K)]);
      }
      return rowsFound;
    });
    return { ...spent, rows: value };
  };

  for (const batch of [1, QUERIES]) {
    const times = Math.max(1, Math.round(40_000_000 / (count * dimensions * (batch === 1 ? 1 : batch / 3))));
    for (let n = 0; n < 3; n++) await Promise.all([scan(batch, Math.min(20, 3 * times)), search(batch, 1)]);
    const ours: Measured[] = [];
    const theirs: Measured[] = [];
    const without: Measured[] = [];
    for (let n = 0; n < rounds; n++) {
      theirs.push(await search(batch, times));
      ours.push(await scan(batch, times));
      // Several queries at once are compared without bounds anyway.
      if (batch === 1) without.push(await scan(batch, times, plain));
    }
    const perQuery = (all: Measured[], of: "wall" | "cpu") =>
      (median(all.map((one) => one[of])) / times / batch) * 1000;
    const name = `${count}x${dimensions}_${metric}_batch${batch}`;
    const agreed = new Set(theirs[0]!.rows);
    const figure = {
      oursMs: perQuery(ours, "wall"),
      faissMs: perQuery(theirs, "wall"),
      oursCpuMs: perQuery(ours, "cpu"),
      faissCpuMs: perQuery(theirs, "cpu"),
      sameRows: ours[0]!.rows.filter((row) => agreed.has(row)).length / ours[0]!.rows.length,
    };
    if (without.length > 0) {
      found[`bounds_over_none_${name}_cpu`] = perQuery(without, "cpu") / figure.oursCpuMs;
      Object.assign(figure, { withoutBoundsCpuMs: perQuery(without, "cpu") });
    }
    figures[name] = { ...figure, drawn, faiss: version };
    found[`flat_over_faiss_flat_${name}`] = figure.faissMs / figure.oursMs;
  }
  await faiss.end();
  await pool.close();
}

/** Scans at once, on this thread and beside it. */
async function holdEventLoop(): Promise<void> {
  const [count, dimensions] = [60_000, 784];
  const values = pictures(count, dimensions);
  const rows = blockOf(values, dimensions);
  for (const threads of [0, 2]) {
    for (const batch of [1, QUERIES]) {
      const queries = values.subarray(0, batch * dimensions);
      const request = { blocks: [{ rows, count }], queries, k: 100, metric: "ip" as const };
      const pool = new ScanPool({ threads });
      await pool.scan(request);
      const scans = batch === 1 ? 64 : 4;
      const held = await turnsOf(() => Promise.all(Array.from({ length: scans }, () => pool.scan(request))));
      figures[`event_loop_${threads}_threads_batch${batch}`] = held;
      await pool.close();
    }
  }
}
