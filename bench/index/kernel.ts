import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import type { Metric } from "../../services/index/kernel/scan.ts";
import { ScanPool } from "../../services/index/kernel/scan-pool.ts";
import { SharedRows } from "../../services/index/kernel/shared-rows.ts";
import { blockOf, randomOf } from "../../services/index/kernel/testing/random-rows.ts";
import { readOptions, report } from "../support/results.ts";
import { fashionMnist } from "./fashion-mnist.ts";
import { measureHeld } from "./kernel-event-loop.ts";
import { type Measured, startFaiss } from "./kernel-faiss.ts";

// The exact scan beside FAISS Flat in Python: one thread against one, in turns, so that what else runs hits both.
// --python FILE: a Python with faiss-cpu and numpy; default: $FAISS_PYTHON, or python3. Exit code 2: not measured.

const { quick, seed, say, more } = readOptions({ python: { type: "string" } });
const python = more.python ?? process.env.FAISS_PYTHON ?? "python3";
const K = 10;
const QUERIES = 64;
const rounds = quick ? 5 : 9;
const temporary = mkdtempSync(join(tmpdir(), "bench-kernel-"));
process.once("exit", () => rmSync(temporary, { recursive: true, force: true }));

const ratios: Record<string, number> = {};
const figures: Record<string, unknown> = {};
const median = (values: number[]) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

/** Like pictures of clothes on black: half of the values are 0, the others whole numbers up to 255. */
function pictures(count: number, dimensions: number): Float32Array {
  const random = randomOf(seed);
  return Float32Array.from({ length: count * dimensions }, () => Math.max(0, Math.floor((random() - 0.5) * 512)));
}

const real = await fashionMnist();
if ("reason" in real) say(`skipped: ${real.reason}; drawn values are compared instead`);

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
  const faiss = await startFaiss({ python, file, count, dimensions, queries: QUERIES, k: K, metric });
  const pool = new ScanPool({ threads: 1 });

  async function scan(batch: number, times: number, of = rows): Promise<Measured> {
    const began = performance.now();
    const cpuBegan = process.cpuUsage();
    let rowsFound: number[] = [];
    for (let n = 0; n < times; n++) {
      const first = (n * batch) % (QUERIES - batch + 1);
      const asked = queries.subarray(first * dimensions, (first + batch) * dimensions);
      const found = await pool.scan({ blocks: [{ rows: of, count }], queries: asked, k: K, metric });
      rowsFound = found.flatMap((one) => [...one.rows.subarray(0, K)]);
    }
    const { user, system } = process.cpuUsage(cpuBegan);
    return { wall: (performance.now() - began) / 1000, cpu: (user + system) / 1e6, rows: rowsFound };
  }

  for (const batch of [1, QUERIES]) {
    const times = Math.max(1, Math.round(40_000_000 / (count * dimensions * (batch === 1 ? 1 : batch / 3))));
    for (let n = 0; n < 3; n++) await Promise.all([scan(batch, Math.min(20, 3 * times)), faiss.search(batch, 1)]);
    const ours: Measured[] = [];
    const theirs: Measured[] = [];
    const without: Measured[] = [];
    for (let n = 0; n < rounds; n++) {
      theirs.push(await faiss.search(batch, times));
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
      ratios[`bounds_over_none_${name}_cpu`] = perQuery(without, "cpu") / figure.oursCpuMs;
      Object.assign(figure, { withoutBoundsCpuMs: perQuery(without, "cpu") });
    }
    figures[name] = { ...figure, drawn, faiss: faiss.version };
    ratios[`flat_over_faiss_flat_${name}`] = figure.faissMs / figure.oursMs;
    say(
      `${name.padEnd(26)} ours ${figure.oursMs.toFixed(3)} ms a query (CPU ${figure.oursCpuMs.toFixed(3)}), ` +
        `FAISS ${figure.faissMs.toFixed(3)} (CPU ${figure.faissCpuMs.toFixed(3)}): ` +
        `${(figure.faissMs / figure.oursMs).toFixed(2)}, same rows ${(100 * figure.sameRows).toFixed(1)} %`,
    );
  }
  faiss.stop();
  await pool.close();
}

try {
  for (const [count, dimensions] of [
    [60_000, 784],
    [60_000, 256],
    [10_000, 512],
    [10_000, 256],
    [10_000, 128],
    [3_000, 256],
    [1_000, 512],
    [1_000, 128],
  ] as const) {
    for (const metric of ["ip", "l2"] as const) await compare(count, dimensions, metric);
  }
} catch (error) {
  console.error(`not measured: ${error instanceof Error ? error.message : error}`);
  process.exit(2);
}

const [count, dimensions] = [60_000, 784];
const values = pictures(count, dimensions);
const rows = blockOf(values, dimensions);
for (const threads of [0, 2]) {
  for (const batch of [1, QUERIES]) {
    const queries = values.subarray(0, batch * dimensions);
    const request = { blocks: [{ rows, count }], queries, k: 100, metric: "ip" as const };
    const held = await measureHeld(threads, request, batch === 1 ? 64 : 4);
    figures[`event_loop_${threads}_threads_batch${batch}`] = held;
    say(
      `${threads} threads, batch ${batch}: the event loop was held ${held.longestMs.toFixed(1)} ms at most, ` +
        `p99 ${held.p99Ms.toFixed(1)}`,
    );
  }
}

await report({ name: quick ? "index-kernel-quick" : "index-kernel", ratios, figures, seed }, say);
