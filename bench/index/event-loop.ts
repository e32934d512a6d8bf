import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { ScanPool } from "../../services/index/kernel/scan-pool.ts";
import { StoreSnapshots } from "../../services/index/vectors/snapshot/store-snapshots.ts";
import { VectorIndex } from "../../services/index/vectors/vector-index.ts";
import { collectGarbage } from "../../test/support/collect-garbage.ts";
import { answer, measureOptions } from "../support/measure.ts";
import { median } from "../support/statistics.ts";
import { benchData, K } from "./data.ts";
import { collectAsTheIndex } from "./index-collector.ts";
import { startOurFaiss } from "./our-faiss.ts";
import { type Turns, turnsOf } from "./turns.ts";

// How long the event loop is held while vectors are added, a graph is built, searches run at full load, and while all that
// is searched it is compacted and written to a snapshot. Beside that, what the machine does to a loop that only looks.

/** Changes that the tail applies between two turns. */
const PAGE = 50;
const IN_FLIGHT = 32;

const { quick, seed } = measureOptions();

/** So often everything is done: what the machine does meets some of them, what we do all. */
const TIMES = quick ? 3 : 5;

collectAsTheIndex();
const data = await benchData({ quick });
const { dimensions, count, queries } = data;
const scanner = new ScanPool({});
const started = await startOurFaiss();
const graph = started.available ? { engine: started.engine, factory: () => "HNSW16,Flat" } : undefined;
const nothing: Turns[] = [];
const times: Record<string, Turns>[] = [];
// Once before the clock starts: the code is compiled by then, and what a process reads once is read; of a service's that is the
// time zone, for the first line of its log.
await phasesOf(emptyIndex());
for (let time = 0; time < TIMES; time++) {
  // A service keeps its index: what the time before left is not to be given back in the middle of this one.
  collectGarbage();
  nothing.push(await turnsOf(() => onlyLook(quick ? 1000 : 5000)));
  times.push(await phasesOf(emptyIndex()));
}
const phases = Object.fromEntries(
  Object.keys(times[0]!).map((phase) => [phase, middleOf(times.map((time) => time[phase]!))]),
);
const most = (pick: (turns: Turns) => number) => Math.max(...Object.values(phases).map(pick));
const figures = {
  event_loop_max_ms: most((turns) => turns.longestMs),
  event_loop_max_own_ms: most((turns) => turns.longestOwnMs),
  event_loop_p99_ms: most((turns) => turns.p99Ms),
  event_loop_max_ms_of_nothing: middleOf(nothing).longestMs,
  /** Of all times, not of the middle ones. */
  event_loop_worst_ms: Math.max(...times.flatMap((time) => Object.values(time).map(({ longestMs }) => longestMs))),
  event_loop_worst_ms_of_nothing: Math.max(...nothing.map(({ longestMs }) => longestMs)),
  ...{ count, dimensions, seed, engine: started.available ? started.engine.name : "flat" },
  ...{ phases: { "only looking at the clock": middleOf(nothing), ...phases }, times },
};
await scanner.close();
if (started.available) await started.engine.close();
answer({ ratios: {}, figures });

function emptyIndex(): VectorIndex {
  return new VectorIndex({ dimensions, metric: "l2", scanner, graph, rebuild: { minGraphRows: 5000 } });
}

/** The turns of each phase of an index's life. */
async function phasesOf(index: VectorIndex): Promise<Record<string, Turns>> {
  const phases: Record<string, Turns> = {};
  const resume = index.pauseRebuilds();
  phases.adding = await turnsOf(async () => {
    for (let row = 0; row < count; row++) {
      index.add({ itemId: `item-${row}`, owner: 0, category: row % 10, colour: row % 7 }, data.rows(row, 1));
      if (row % PAGE === 0) await nextTurn();
    }
  });
  resume();
  phases.building = await turnsOf(() => index.rebuild());
  const searches = quick ? 500 : 3000;
  phases.searching = await turnsOf(() => search(index, searches, false));
  phases["searching exactly"] = await turnsOf(() => search(index, searches / 10, true));
  phases["removing a third"] = await turnsOf(async () => {
    for (let row = 0; row < count; row += 3) {
      index.remove(`item-${row}`);
      if (row % PAGE === 0) await nextTurn();
    }
  });
  phases["compacting, searched"] = await turnsOf(() => Promise.all([index.rebuild(), search(index, searches, false)]));
  const folder = await mkdtemp(join(tmpdir(), "flashfit-bench-"));
  const snapshots = new StoreSnapshots({ folder: join(folder, "snapshots") });
  const contents = { seq: 1n, lists: {}, indexes: new Map([["clip", index]]) };
  phases["snapshot, searched"] = await turnsOf(() =>
    Promise.all([snapshots.write(contents), search(index, searches, false)]),
  );
  await index.close();
  await rm(folder, { recursive: true });
  return phases;
}

/** The middle one of each. */
function middleOf(all: Turns[]): Turns {
  return {
    longestMs: median(all.map(({ longestMs }) => longestMs)),
    waitedMs: median(all.map(({ waitedMs = 0 }) => waitedMs)),
    longestOwnMs: median(all.map(({ longestOwnMs }) => longestOwnMs)),
    collectingMs: median(all.map(({ collectingMs }) => collectingMs)),
    p99Ms: median(all.map(({ p99Ms }) => p99Ms)),
  };
}

/** Turns of 2 ms in which nothing is done: those that take longer are the machine's. */
async function onlyLook(ms: number): Promise<void> {
  for (const end = performance.now() + ms; performance.now() < end; await nextTurn()) {
    for (const over = performance.now() + 2; performance.now() < over; );
  }
}

async function search(index: VectorIndex, total: number, exact: boolean): Promise<void> {
  let next = 0;
  const asker = async () => {
    while (next < total) {
      const at = next++ % queries.count;
      await index.search({ vector: queries.values.subarray(at * dimensions, (at + 1) * dimensions), k: K, exact });
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, asker));
}
