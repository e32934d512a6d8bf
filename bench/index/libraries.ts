import { setImmediate as nextTurn } from "node:timers/promises";
import type { AnnParams } from "../../services/index/ann/ann.ts";
import { ScanPool } from "../../services/index/kernel/scan-pool.ts";
import { SharedRows } from "../../services/index/kernel/shared-rows.ts";
import { codedFactory, paramsToTry, reducedFactory } from "../../services/index/tune/candidates.ts";
import { answer, measureOptions } from "../support/measure.ts";
import { timed } from "../support/processor-time.ts";
import { median } from "../support/statistics.ts";
import { type BenchData, type DataSet, exactRows, findData, K, recallOf } from "./data.ts";
import { collectAsTheIndex } from "./index-collector.ts";
import { type PeerSearches, startLibrary } from "./libraries-peer.ts";
import { startOurFaiss } from "./our-faiss.ts";
import type { Python } from "./python.ts";

// What we have beside hnswlib and usearch, all at recall@10 of 0.99 or more, one thread each, in turns: processor time a query, one
// query a call and 100 a call. On Fashion-MNIST, and on photographs as the default pack's CLIP sees them.

const TARGET = 0.99;
/** Steps close enough that nobody is measured with many more candidates than 0.99 needs. */
const LADDER = [10, 12, 14, 16, 18, 20, 22, 24, 28, 32, 36, 40, 44, 48, 56, 64, 80, 96, 128, 160, 200, 256];
const GRAPH = { m: 16, efConstruction: 128, threads: 2 };
const libraries = {
  hnswlib: { op: "hnswlib", library: "hnswlib", ...GRAPH },
  usearch: { op: "usearch", library: "usearch", dtype: "f32", ...GRAPH },
  "usearch bf16": { op: "usearch", library: "usearch", dtype: "bf16", ...GRAPH },
};
type Library = keyof typeof libraries;

/** Queries that are asked in a turn at least: what few take is lost in what a runtime does beside, and in caches that others have used. */
const LEAST_QUERIES = 10_000;

/** Times that all is asked before it counts. */
const WARM_UP = 3;

/** Something that searches, and the steps from fast to thorough. */
interface Searcher {
  steps: readonly AnnParams[];
  labels(vectors: Float32Array, params: AnnParams): Promise<ArrayLike<number>>;
  close(): Promise<void>;
}

collectAsTheIndex();
const { quick, seed } = measureOptions();
const started = await startOurFaiss({ searches: 1 });
const ratios: Record<string, number | null> = {};
const figures: Record<string, unknown> = { seed };
const skipped: string[] = started.available ? [] : [`graphs of FAISS: ${started.reason}`];
for (const set of ["fashion-mnist", "clip-pack"] as const) await measureSet(set);
if (started.available) await started.engine.close();
answer({ ratios, figures, skipped });

async function measureSet(set: DataSet): Promise<void> {
  const prefix = set === "fashion-mnist" ? "" : "clip_pack_";
  const ratioOf = { hnswlib: `${prefix}best_over_hnswlib`, usearch: `${prefix}best_over_usearch` };
  ratios[ratioOf.hnswlib] = ratios[ratioOf.usearch] = null;
  const data = await findData(set, quick);
  if ("reason" in data) {
    skipped.push(`${set}: ${data.reason}`);
    return;
  }
  const { dimensions, count, queries } = data;
  const truth = await exactRows(data);
  const found: Record<string, unknown> = { count, queries: queries.count, dimensions };
  figures[set] = found;
  const theirs = new Map<Library, { peer: Python; ef: number }>();
  for (const [name, task] of Object.entries(libraries) as [Library, (typeof libraries)[Library]][]) {
    const started = await startLibrary(task, data);
    if ("reason" in started) {
      skipped.push(`${set}: ${name}: ${started.reason}`);
      continue;
    }
    const { peer, built } = started;
    const chosen = await firstGoodEnough(LADDER, async (ef) => {
      const { labels } = await askPeer(peer, name, ef, queries.count, data);
      return recallOf(labels, truth);
    });
    found[name] = { ...built, ...chosen };
    if (chosen.recall >= TARGET) theirs.set(name, { peer, ef: chosen.step });
    else await peer.end();
  }
  const best: Partial<Record<Library, number>> = {};
  for (const [name, open] of Object.entries(searchers(data))) {
    const searcher = await open();
    const chosen = await firstGoodEnough(searcher.steps, async (params) =>
      recallOf(await searcher.labels(queries.values, params), truth),
    );
    for (const batch of [1, 100]) {
      const turns = await takeTurns(searcher, chosen.step, batch, data, theirs);
      const asked = queries.count * timesOf(queries.count);
      const micros = (side: string) => (median(turns.map((turn) => turn[side]!)) / asked) * 1e6;
      const figure: Record<string, unknown> = { ...chosen, cpuMicros: micros("ours") };
      for (const library of theirs.keys()) {
        figure[`${library}CpuMicros`] = micros(library);
        if (chosen.recall < TARGET) continue;
        const ratio = median(turns.map((turn) => turn[library]! / turn.ours!));
        best[library] = Math.max(best[library] ?? 0, ratio);
      }
      found[`${name} batch ${batch}`] = figure;
    }
    await searcher.close();
  }
  if (best.hnswlib) ratios[ratioOf.hnswlib] = best.hnswlib;
  // The faster one of its two precisions.
  const usearch = [best.usearch, best["usearch bf16"]].filter((one) => one !== undefined);
  if (usearch.length > 0) ratios[ratioOf.usearch] = Math.min(...usearch);
  await Promise.all([...theirs.values()].map(({ peer }) => peer.end()));
}

/** How often all queries are asked in a turn. */
function timesOf(queries: number): number {
  return queries >= 1000 ? 1 : Math.ceil(LEAST_QUERIES / queries);
}

/** Turns of few queries are short: more of them, so that no moment of the machine decides. */
function turnCount(queries: number): number {
  if (quick) return 3;
  return timesOf(queries) > 1 ? 21 : 7;
}

/** Processor seconds for all queries, {@link timesOf} times, by side. */
async function takeTurns(
  ...[searcher, params, batch, data, theirs]: [
    Searcher,
    AnnParams,
    number,
    BenchData,
    ReadonlyMap<Library, { peer: Python; ef: number }>,
  ]
): Promise<Record<string, number>[]> {
  const turns: Record<string, number>[] = [];
  // So that nothing is compiled while it is measured.
  for (let time = 0; time < WARM_UP; time++) await cpuOf(searcher, params, batch, data);
  for (let turn = 0; turn < turnCount(data.queries.count); turn++) {
    const one: Record<string, number> = {};
    for (const [library, { peer, ef }] of theirs) one[library] = (await askPeer(peer, library, ef, batch, data)).cpu;
    one.ours = await cpuOf(searcher, params, batch, data);
    turns.push(one);
  }
  return turns;
}

/** What we have: an exact scan, and graphs that `flashfit index tune` proposes, with the parameters that it tries. */
function searchers(data: BenchData): Record<string, () => Promise<Searcher>> {
  const { dimensions, count, rows } = data;
  const graph = (factory: string, steps: AnnParams[]) => async (): Promise<Searcher> => {
    if (!started.available) throw new Error(started.reason);
    const built = await started.engine.build({ dimensions, count, rows, metric: "l2", factory });
    return {
      steps,
      labels: async (vectors, params) => (await built.search({ vectors, k: K, params })).labels,
      close: async () => built.close(),
    };
  };
  const shape = { vectors: count, dimensions, metric: "l2" } as const;
  const graphs = ["HNSW16,Flat", ...codedFactory(shape), ...reducedFactory(shape)];
  return {
    flat: async () => {
      const block = new SharedRows({ dimensions, capacity: count });
      for (let row = 0; row < count; row++) block.set(row, rows(row, 1));
      const pool = new ScanPool({ threads: 1 });
      return {
        steps: [{}],
        async labels(queries) {
          const found = await pool.scan({ blocks: [{ rows: block, count }], queries, k: K, metric: "l2" });
          return found.flatMap((one) => [...one.rows.subarray(0, K)]);
        },
        close: () => pool.close(),
      };
    },
    ...(started.available &&
      Object.fromEntries(graphs.map((factory) => [factory, graph(factory, paramsToTry(factory, count))]))),
  };
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

function askPeer(
  ...[peer, name, ef, batch, { queries }]: [Python, Library, number, number, BenchData]
): Promise<PeerSearches> {
  const { library } = libraries[name];
  const times = timesOf(queries.count);
  return peer.ask<PeerSearches>({ op: "measure", library, ef, k: K, batch, count: queries.count, times });
}

/** Processor seconds for all queries, {@link timesOf} times. */
async function cpuOf(
  ...[searcher, params, batch, { queries, dimensions }]: [Searcher, AnnParams, number, BenchData]
): Promise<number> {
  const { cpu } = await timed(async () => {
    for (let time = 0; time < timesOf(queries.count); time++) {
      for (let first = 0; first < queries.count; first += batch) {
        const last = Math.min(first + batch, queries.count);
        await searcher.labels(queries.values.subarray(first * dimensions, last * dimensions), params);
        // A call a turn of the event loop, as calls come: more of them in one would be sent to other threads.
        await nextTurn();
      }
    }
  });
  return cpu;
}
