import { ScanPool } from "../../services/index/kernel/scan-pool.ts";
import { VectorIndex } from "../../services/index/vectors/vector-index.ts";
import { answer, measureOptions } from "../support/measure.ts";
import { timed } from "../support/processor-time.ts";
import { median } from "../support/statistics.ts";
import { benchData, K, recallOf } from "./data.ts";
import { type PeerSearches, startLibrary } from "./libraries-peer.ts";
import { startOurFaiss } from "./our-faiss.ts";
import type { Python } from "./python.ts";

// Searches of which a filter keeps 10 %, 1 % and 0.1 % of the rows: by the planner, beside filtered walks through HNSW graphs, in
// FAISS (a bit for each row) and in hnswlib (a function of Python), each of which looks at ever more until it finds 0.99 of the
// true ten, or 4,096 candidates. Processor time a query, one query a call. The peers have their filters made before the clock starts,
// the planner keeps what a filter selects after it is asked first; so it is also asked with filters of which nothing is kept.

const SHARES = [0.1, 0.01, 0.001];
const LADDER = [32, 64, 128, 256, 512, 1024, 2048, 4096];
const TARGET = 0.99;
const QUERIES = 200;

const { quick, seed } = measureOptions();
const data = await benchData({ quick });
const { dimensions, count, queries } = data;
const asked = Math.min(QUERIES, queries.count);
const scanner = new ScanPool({});
const started = await startOurFaiss();
const graph = started.available ? { engine: started.engine, factory: () => "HNSW16,Flat" } : undefined;
const index = new VectorIndex({ dimensions, metric: "l2", scanner, graph, rebuild: { minGraphRows: 5000 } });
const resume = index.pauseRebuilds();
for (let row = 0; row < count; row++) {
  const vector = data.rows(row, 1);
  index.add({ itemId: String(row), owner: 0, category: 0, colour: row % 1000 }, vector);
}
resume();
await index.rebuild();
await index.settled();

const ratios: Record<string, number | null> = {};
const figures: Record<string, unknown> = { count, dimensions, seed };
const skipped: string[] = [];
const peers = new Map<"faiss" | "hnswlib", Python>();
for (const [library, task] of [
  ["faiss", { op: "faiss", factory: "HNSW16,Flat", threads: 2 }],
  ["hnswlib", { op: "hnswlib", m: 16, efConstruction: 128, threads: 2 }],
] as const) {
  const started = await startLibrary(task, data);
  if ("reason" in started) skipped.push(`planner_over_filtered_hnsw: ${library}: ${started.reason}`);
  else peers.set(library, started.peer);
}
for (const share of SHARES) {
  // Rows by their number: every tenth, hundredth, thousandth.
  const colours = new Set(
    Array.from({ length: 1000 }, (_, colour) => colour).filter((one) => one % (1 / share) === 1 % (1 / share)),
  );
  const rows = Array.from({ length: count }, (_, row) => row).filter((row) => colours.has(row % 1000));
  const filter = { anyOf: { colour: colours } };
  // What a filter selects that excludes an item is not kept.
  const anew = { ...filter, excludeItemIds: ["none"] };
  const truth: number[] = [];
  for (let at = 0; at < asked; at++) truth.push(...(await search(at, { filter, exact: true })).labels);
  const exact = Int32Array.from(truth);
  const { found, kind } = await searchAll(filter);
  await searchAll(anew);
  const figure: Record<string, unknown> = { rows: rows.length, plan: kind, recall: recallOf(found, exact) };
  const steps = new Map<string, { ef: number; recall: number }>();
  for (const [library, peer] of peers) {
    for (const ef of LADDER) {
      const { labels } = await peer.ask<PeerSearches>(taskOf(library, ef, rows));
      steps.set(library, { ef, recall: recallOf(labels, exact) });
      if (steps.get(library)!.recall >= TARGET) break;
    }
  }
  // In turns, so that what else the machine does meets all.
  const turns: Record<string, number>[] = [];
  for (let turn = 0; turn < (quick ? 2 : 5); turn++) {
    const one: Record<string, number> = { ours: (await searchAll(filter)).cpu, anew: (await searchAll(anew)).cpu };
    for (const [library, peer] of peers) {
      one[library] = (await peer.ask<PeerSearches>(taskOf(library, steps.get(library)!.ef, rows))).cpu;
    }
    turns.push(one);
  }
  const micros = (side: string) => (median(turns.map((turn) => turn[side]!)) / asked) * 1e6;
  figure.cpuMicros = micros("ours");
  figure.selectedAnewCpuMicros = micros("anew");
  const over: number[] = [];
  for (const [library, step] of steps) {
    figure[library] = { ...step, cpuMicros: micros(library) };
    if (step.recall >= TARGET) over.push(median(turns.map((turn) => turn[library]! / turn.ours!)));
  }
  // The faster one of those that find enough; if neither does, there is nothing to compare with.
  ratios[`planner_over_filtered_hnsw ${share * 100} %`] = over.length > 0 ? Math.min(...over) : null;
  figures[`${share * 100} %`] = figure;
}
await Promise.all([...peers.values()].map((peer) => peer.end()));
await index.close();
await scanner.close();
if (started.available) await started.engine.close();
answer({ ratios, figures, skipped });

/** One query a call on both sides, the filter as each side's fastest form of it. */
function taskOf(library: string, ef: number, rows: number[]) {
  return { op: "measure", library, ef, k: K, batch: 1, count: asked, rows };
}

async function searchAll(filter: object) {
  const found: number[] = [];
  let kind = "";
  const { cpu } = await timed(async () => {
    for (let at = 0; at < asked; at++) {
      const { labels, plan } = await search(at, { filter });
      found.push(...labels);
      kind = plan.kind;
    }
  });
  return { found, kind, cpu };
}

async function search(at: number, options: { filter: object; exact?: boolean }) {
  const vector = queries.values.subarray(at * dimensions, (at + 1) * dimensions);
  const { neighbours, plan } = await index.search({ vector, k: K, ...options });
  return { labels: neighbours.map(({ itemId }) => Number(itemId)), plan };
}
