import type { AnnGraph } from "../../services/index/ann/ann.ts";
import { ScanPool } from "../../services/index/kernel/scan-pool.ts";
import type { SharedRows } from "../../services/index/kernel/shared-rows.ts";
import { blockOf, randomOf } from "../../services/index/kernel/testing/random-rows.ts";
import { CostModel } from "../../services/index/vectors/cost-model.ts";
import { answer, measureOptions } from "../support/measure.ts";
import { timed } from "../support/processor-time.ts";
import { median } from "../support/statistics.ts";
import { startOurFaiss } from "./our-faiss.ts";

// What the planner's constants should be on this machine (services/index/vectors/cost-model.ts): processor time of scans and of
// graph searches, and what the model expects of them before anything was measured. Above 1: it expects too much.

const { quick, seed } = measureOptions();
const rounds = quick ? 5 : 11;
const count = quick ? 10_000 : 60_000;
const K = 10;
const ratios: Record<string, number | null> = {};
const figures: Record<string, unknown> = { count, seed };
const skipped: string[] = [];
const pool = new ScanPool({ threads: 1, inlineUs: 0 });
const started = await startOurFaiss({ searches: 1 });
if (!started.available) skipped.push(`cost_model_graph_over_measured: ${started.reason}`);
for (const dimensions of [256, 784]) {
  const random = randomOf(seed);
  // Clusters, as photographs of garments are: a graph over plain noise is no graph that anybody has.
  const centres = Float32Array.from({ length: 200 * dimensions }, () => random() - 0.5);
  const values = new Float32Array(count * dimensions);
  for (let row = 0; row < count; row++) {
    const centre = Math.floor(random() * 200) * dimensions;
    for (let at = 0; at < dimensions; at++) {
      values[row * dimensions + at] = centres[centre + at]! + 0.6 * (random() - 0.5);
    }
  }
  const rows = blockOf(values, dimensions);
  const model = new CostModel(dimensions);
  const nothing = await scanUs(rows, Uint32Array.of(0));
  const whole = await scanUs(rows);
  const some = Uint32Array.from({ length: count }, (_, row) => row).filter(() => random() < 0.1);
  const scattered = await scanUs(rows, some);
  const perValue = ((whole - nothing) * 1000) / (count * dimensions);
  const perScattered = ((scattered - nothing) * 1000) / (some.length * dimensions);
  const figure: Record<string, unknown> = {
    SCAN_FIXED_US: nothing,
    SCAN_NS: perValue,
    SCATTERED: perScattered / perValue,
  };
  ratios[`cost_model_scan_over_measured_${dimensions}`] = model.scanUs(count) / whole;
  ratios[`cost_model_scattered_over_measured_${dimensions}`] = model.scatteredUs(some.length) / scattered;
  ratios[`cost_model_graph_over_measured_${dimensions}`] = null;
  if (started.available) {
    const part = (first: number, size: number) => values.subarray(first * dimensions, (first + size) * dimensions);
    const build = (size: number) =>
      started.engine.build({ dimensions, count: size, rows: part, metric: "l2", factory: "HNSW32,Flat" });
    const [tiny, graph] = [await build(2), await build(count)];
    const fixed = await graphUs(tiny, values, dimensions, 16);
    const [few, many] = [await graphUs(graph, values, dimensions, 64), await graphUs(graph, values, dimensions, 256)];
    const candidateUs = (many - few) / (256 - 64);
    Object.assign(figure, {
      GRAPH_FIXED_US: fixed,
      GRAPH_ROWS: (candidateUs * 1000) / (dimensions * perValue),
      graphUsEf64: few,
    });
    ratios[`cost_model_graph_over_measured_${dimensions}`] = model.graphUs(64) / few;
    await Promise.all([tiny.close(), graph.close()]);
  }
  figures[dimensions] = figure;
}
await pool.close();
if (started.available) await started.engine.close();
answer({ ratios, figures, skipped });

/** Processor microseconds of a scan of all rows, or of these. */
async function scanUs(rows: SharedRows, list?: Uint32Array): Promise<number> {
  const queries = new Float32Array(rows.dimensions).fill(0.1);
  const blocks = [{ rows, count, ...(list && { list }) }];
  const times = list && list.length < 100 ? 500 : 10;
  return await cpuMicros(times, () => pool.scan({ blocks, queries, k: K, metric: "l2" }));
}

/** Processor microseconds of a graph search with stored vectors as queries. */
async function graphUs(graph: AnnGraph, values: Float32Array, dimensions: number, efSearch: number): Promise<number> {
  let row = 0;
  return await cpuMicros(200, () => {
    row = (row + 7919) % graph.count;
    const vectors = values.subarray(row * dimensions, (row + 1) * dimensions);
    return graph.search({ vectors, k: K, params: { efSearch } });
  });
}

/** Of one, the median of some rounds. */
async function cpuMicros(times: number, work: () => Promise<unknown>): Promise<number> {
  const found: number[] = [];
  for (let round = -1; round < rounds; round++) {
    const { cpu } = await timed(async () => {
      for (let n = 0; n < times; n++) await work();
    });
    // The first round is for compilers.
    if (round >= 0) found.push((cpu * 1e6) / times);
  }
  return median(found);
}
