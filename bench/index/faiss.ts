import { mkdtemp, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import process from "node:process";
import type { AnnGraph, AnnParams } from "../../services/index/ann/ann.ts";
import { answer, leaveOut, measureOptions } from "../support/measure.ts";
import { timed } from "../support/processor-time.ts";
import { K, recallOf } from "./data.ts";
import { fashionMnist } from "./fashion-mnist.ts";
import { startOurFaiss } from "./our-faiss.ts";
import { Python, PythonMissing } from "./python.ts";

// FAISS through our engine beside FAISS in Python: the same graph file, the same parameters, one thread each, in turns.
// Ours is asked as the Index asks: asynchronously, in a promise a search, the graph as it was built. Python's is a plain call,
// the graph as it was read from the file. What differs besides: the version of FAISS and the BLAS it came with; both are reported.

/** Seconds that so many queries took. */
interface Measured {
  queries: number;
  cpu: number;
  wall: number;
}

const configurations: { factory: string; params: AnnParams }[] = [
  { factory: "HNSW16,Flat", params: { efSearch: 64 } },
  { factory: "IVF256,PQ196x4fs,RFlat", params: { nprobe: 16, refine: 4 } },
  { factory: "PCA160,HNSW24,SQ8,RFlat", params: { efSearch: 40, refine: 3 } },
];
const pythonNames = { efSearch: "efSearch", nprobe: "nprobe", refine: "k_factor_rf" } as const;

const { quick, seed } = measureOptions();
const data = await fashionMnist();
if ("reason" in data) leaveOut(data.reason);
const { base, queries } = data;
const { dimensions } = base;
const count = quick ? 10_000 : base.count;
// Each side's BLAS chooses its code itself, also where the machine's settings pin an old processor's.
delete process.env.OPENBLAS_CORETYPE;
const started = await startOurFaiss({ searches: 1 });
if (!started.available) leaveOut(started.reason);
const { engine } = started;
const python = new Python("faiss-peer.py");
const hello = await python.ask<{ faiss: string; compiled: string }>({ op: "hello" }).catch((error: unknown) => {
  if (!(error instanceof PythonMissing)) throw error;
  return leaveOut(error.message);
});
const folder = await mkdtemp(join(os.tmpdir(), "flashfit-bench-"));
const queryFile = join(folder, "queries");
await writeFile(queryFile, queries.values);

const truth = await exact();
const ratios: Record<string, number> = {};
const figures: Record<string, unknown> = { ours: engine.version, python: hello, count, dimensions, seed, ratios };
for (const { factory, params } of configurations) {
  const loop = monitorEventLoopDelay({ resolution: 1 });
  loop.enable();
  const built = await timed(() => engine.build({ dimensions, count, rows, metric: "l2", factory }));
  loop.disable();
  const graph = built.value;
  const file = join(folder, "graph");
  await graph.write(file);
  const names = Object.entries(params).map(([name, value]) => [pythonNames[name as keyof AnnParams], value]);
  await python.ask({ op: "open", file, queries: queryFile, params: Object.fromEntries(names) });
  const { labels } = await graph.search({ vectors: queries.values, k: K, params });
  const theirs = await python.ask<{ labels: number[] }>({ op: "labels", k: K });
  const figure: Record<string, unknown> = {
    params,
    recall: recallOf(labels, truth),
    pythonRecall: recallOf(theirs.labels, truth),
    buildCpuSeconds: built.cpu,
    eventLoopMsWhileBuilding: loop.max / 1e6,
    megabytes: graph.memoryBytes / 1e6,
  };
  for (const [mode, batch, inFlight] of [
    ["single", 1, 1],
    ["parallel", 1, 8],
    ["batch", 256, 1],
  ] as const) {
    const result = await compare(graph, params, batch, inFlight);
    ratios[`${mode}_over_python ${factory}`] = result.ratio;
    figure[mode] = result;
  }
  figures[factory] = figure;
  await graph.close();
}
await python.end();
await engine.close();
await rm(folder, { recursive: true });
const batches = Object.entries(ratios).flatMap(([name, ratio]) => (name.startsWith("batch") ? [ratio] : []));
answer({ ratios: { faiss_over_python: Math.min(...batches) }, figures });

function rows(first: number, size: number): Float32Array {
  return base.values.subarray(first * dimensions, (first + size) * dimensions);
}

/** In turns, so that what else the machine does meets both; the median of the turns' ratios. */
async function compare(graph: AnnGraph, params: AnnParams, batch: number, inFlight: number) {
  const seconds = quick ? 0.2 : 0.3;
  const turns = quick ? 3 : 7;
  const found: { ours: number; python: number; ratio: number }[] = [];
  await measure(graph, params, batch, inFlight, seconds);
  await python.ask({ op: "measure", batch, seconds, k: K });
  for (let turn = 0; turn < turns; turn++) {
    const ours = cpuMicros(await measure(graph, params, batch, inFlight, seconds));
    const theirs = cpuMicros(await python.ask<Measured>({ op: "measure", batch, seconds, k: K }));
    found.push({ ours, python: theirs, ratio: theirs / ours });
  }
  return found.sort((a, b) => a.ratio - b.ratio)[Math.floor(turns / 2)]!;
}

async function measure(
  graph: AnnGraph,
  params: AnnParams,
  batch: number,
  inFlight: number,
  seconds: number,
): Promise<Measured> {
  let done = 0;
  let at = 0;
  const { cpu, wall } = await timed(async () => {
    const end = performance.now() + seconds * 1_000;
    const asker = async () => {
      while (performance.now() < end) {
        if (at + batch > queries.count) at = 0;
        const vectors = queries.values.subarray(at * dimensions, (at + batch) * dimensions);
        at += batch;
        done += batch;
        await graph.search({ vectors, k: K, params });
      }
    };
    await Promise.all(Array.from({ length: inFlight }, asker));
  });
  return { queries: done, cpu, wall };
}

function cpuMicros({ queries, cpu }: Measured): number {
  return (cpu / queries) * 1e6;
}

async function exact(): Promise<Int32Array> {
  const flat = await engine.build({ dimensions, count, rows, metric: "l2", factory: "Flat" });
  const { labels } = await flat.search({ vectors: queries.values, k: K });
  await flat.close();
  return labels;
}
