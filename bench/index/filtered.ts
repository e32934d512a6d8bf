import process from "node:process";
import { startFaiss } from "../../services/index/ann/faiss/engine.ts";
import { ScanPool } from "../../services/index/kernel/scan-pool.ts";
import { VectorIndex } from "../../services/index/vectors/vector-index.ts";
import { benchData, K, recallOf } from "./data.ts";
import { answer, measureOptions } from "./measure.ts";
import { Peer, PeerMissing, type PeerSearches } from "./peers/peer.ts";

// Searches of which a filter keeps 10 %, 1 % and 0.1 % of the rows: by the planner, beside a filtered walk through an HNSW
// graph in FAISS (IDSelector), which looks at ever more until it finds 0.99 of the true ten, or 4,096 candidates. Processor
// time a query; the first step of the ladder shows what a search finds that knows nothing of the filter.

const SHARES = [0.1, 0.01, 0.001];
const LADDER = [64, 256, 1024, 4096];
const TARGET = 0.99;

const { quick, seed } = measureOptions();
const data = await benchData({ quick });
const { dimensions, count, queries } = data;
const scanner = new ScanPool({});
const started = await startFaiss();
const graph = started.available ? { engine: started.engine, factory: () => "HNSW16,Flat" } : undefined;
const index = new VectorIndex({ dimensions, metric: "l2", scanner, graph, rebuild: { minGraphRows: 5000 } });
const resume = index.pauseRebuilds();
for (let row = 0; row < count; row++) {
  const vector = data.rows(row, 1);
  index.add({ itemId: String(row), owner: 0, category: 0, colour: row % 1000 }, vector);
}
resume();
await index.rebuild();

const ratios: Record<string, number> = {};
const figures: Record<string, unknown> = { count, dimensions, seed };
const skipped: string[] = [];
const peer = new Peer();
try {
  await peer.ask({ op: "load", ...data.files, dimensions });
  await peer.ask({ op: "faiss", factory: "HNSW16,Flat", threads: 2 });
} catch (error) {
  if (!(error instanceof PeerMissing)) throw error;
  skipped.push(`planner_over_filtered_hnsw: ${error.message}`);
}
for (const share of SHARES) {
  // Rows by their number: every tenth, hundredth, thousandth.
  const colours = new Set(
    Array.from({ length: 1000 }, (_, colour) => colour).filter((one) => one % (1 / share) === 1 % (1 / share)),
  );
  const rows = Array.from({ length: count }, (_, row) => row).filter((row) => colours.has(row % 1000));
  const filter = { anyOf: { colour: colours } };
  const truth: number[] = [];
  for (let at = 0; at < queries.count; at++) truth.push(...(await search(at, { filter, exact: true })).labels);
  const began = process.cpuUsage();
  const found: number[] = [];
  let kind = "";
  for (let at = 0; at < queries.count; at++) {
    const { labels, plan } = await search(at, { filter });
    found.push(...labels);
    kind = plan.kind;
  }
  const { user, system } = process.cpuUsage(began);
  const cpuMicros = (user + system) / queries.count;
  const exact = Int32Array.from(truth);
  const figure: Record<string, unknown> = { rows: rows.length, plan: kind, recall: recallOf(found, exact), cpuMicros };
  if (skipped.length === 0) {
    const hnsw: { ef: number; recall: number; cpuMicros: number }[] = [];
    for (const ef of LADDER) {
      const task = { op: "measure", library: "faiss", ef, k: K, batch: queries.count, count: queries.count, rows };
      const { labels, cpu } = await peer.ask<PeerSearches>(task);
      hnsw.push({ ef, recall: recallOf(labels, exact), cpuMicros: (cpu / queries.count) * 1e6 });
      if (hnsw.at(-1)!.recall >= TARGET) break;
    }
    figure.hnsw = hnsw;
    ratios[`planner_over_filtered_hnsw ${share * 100} %`] = hnsw.at(-1)!.cpuMicros / cpuMicros;
  }
  figures[`${share * 100} %`] = figure;
}
await peer.end();
await index.close();
await scanner.close();
if (started.available) await started.engine.close();
answer({ ratios, figures, skipped });

async function search(at: number, options: { filter: object; exact?: boolean }) {
  const vector = queries.values.subarray(at * dimensions, (at + 1) * dimensions);
  const { neighbours, plan } = await index.search({ vector, k: K, ...options });
  return { labels: neighbours.map(({ itemId }) => Number(itemId)), plan };
}
