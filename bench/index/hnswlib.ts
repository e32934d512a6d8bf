import process from "node:process";
import type { AnnGraph, AnnParams } from "../../services/index/ann/ann.ts";
import { startFaiss } from "../../services/index/ann/faiss/engine.ts";
import { type BenchData, benchData, exactLabels, K, recallOf } from "./data.ts";
import { answer, measureOptions, median } from "./measure.ts";
import { Peer, PeerMissing, type PeerSearches } from "./peers/peer.ts";

// The graphs that we propose beside hnswlib, both at recall@10 of 0.99 or more, one thread each, in turns: processor time a
// query, one query a call and 100 a call.

const TARGET = 0.99;
const LADDER = [16, 24, 32, 40, 48, 64, 80, 96, 128, 160, 200, 256];
const proposals: { factory: string; steps: AnnParams[] }[] = [
  { factory: "HNSW16,Flat", steps: LADDER.map((efSearch) => ({ efSearch })) },
  { factory: "PCA160,HNSW24,SQ8,RFlat", steps: LADDER.map((efSearch) => ({ efSearch, refine: 3 })) },
  {
    factory: "IVF256,PQ196x4fs,RFlat",
    steps: [8, 12, 16, 24, 32, 48, 64].map((nprobe) => ({ nprobe, refine: 6 })),
  },
];

const { quick, seed } = measureOptions();
const started = await startFaiss({ searches: 1 });
if (!started.available) {
  answer({ ratios: {}, figures: {}, skipped: [`best_over_hnswlib: ${started.reason}`] });
  process.exit();
}
const { engine } = started;
const data = await benchData({ quick });
const { dimensions, count, rows, queries } = data;
const truth = await exactLabels(engine, data);
const peer = new Peer();
try {
  await peer.ask({ op: "load", ...data.files, dimensions });
  const built = await peer.ask<{ version: string; cpu: number }>({
    op: "hnswlib",
    m: 16,
    efConstruction: 128,
    threads: 2,
  });
  const theirs = await firstGoodEnough(LADDER, async (ef) => {
    const { labels } = await askPeer(ef, queries.count, data);
    return recallOf(labels, truth);
  });
  const figures: Record<string, unknown> = { count, dimensions, hnswlib: { ...built, ...theirs, seed } };
  const ratios: Record<string, number> = {};
  for (const { factory, steps } of proposals) {
    const graph = await engine.build({ dimensions, count, rows, metric: "l2", factory });
    const ours = await firstGoodEnough(steps, async (params) => {
      const { labels } = await graph.search({ vectors: queries.values, k: K, params });
      return recallOf(labels, truth);
    });
    for (const batch of [1, 100]) {
      const turns: { ours: number; theirs: number }[] = [];
      await cpuOf(graph, ours.step, batch); // so that nothing is compiled while it is measured
      for (let turn = 0; turn < (quick ? 3 : 7); turn++) {
        const { cpu } = await askPeer(theirs.step, batch, data);
        turns.push({ ours: await cpuOf(graph, ours.step, batch), theirs: cpu });
      }
      const micros = (side: "ours" | "theirs") => (median(turns.map((turn) => turn[side])) / queries.count) * 1e6;
      figures[`${factory} batch ${batch}`] = { ...ours, cpuMicros: micros("ours"), hnswlibCpuMicros: micros("theirs") };
      const ratio = median(turns.map((turn) => turn.theirs / turn.ours));
      if (ours.recall >= TARGET && theirs.recall >= TARGET) ratios[`over_hnswlib ${factory} batch ${batch}`] = ratio;
    }
    await graph.close();
  }
  const best = Math.max(0, ...Object.values(ratios));
  answer({ ratios: { ...ratios, ...(best > 0 && { best_over_hnswlib: best }) }, figures });
} catch (error) {
  if (!(error instanceof PeerMissing)) throw error;
  answer({ ratios: {}, figures: {}, skipped: [`best_over_hnswlib: ${error.message}`] });
} finally {
  await peer.end();
  await engine.close();
}

/** The first step that finds enough; the last one where none does. */
async function firstGoodEnough<T extends object | number>(steps: readonly T[], recallAt: (step: T) => Promise<number>) {
  let found = { step: steps[0]!, recall: 0 };
  for (const step of steps) {
    found = { step, recall: await recallAt(step) };
    if (found.recall >= TARGET) break;
  }
  return found;
}

function askPeer(ef: number, batch: number, { queries }: BenchData): Promise<PeerSearches> {
  return peer.ask<PeerSearches>({ op: "measure", library: "hnswlib", ef, k: K, batch, count: queries.count });
}

/** Processor seconds for all queries. */
async function cpuOf(graph: AnnGraph, params: AnnParams, batch: number): Promise<number> {
  const began = process.cpuUsage();
  for (let first = 0; first < queries.count; first += batch) {
    const vectors = queries.values.subarray(first * dimensions, (first + batch) * dimensions);
    await graph.search({ vectors, k: K, params });
  }
  const { user, system } = process.cpuUsage(began);
  return (user + system) / 1e6;
}
