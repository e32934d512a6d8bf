import { Counter, type Registry } from "prom-client";
import type { HealthRegistry } from "../../kit/health.ts";
import type { Logger } from "../../kit/log.ts";
import type { IndexEvents } from "../events.ts";
import { OUTCOMES, RecallSampler } from "../recall/sampler.ts";
import type { ItemStore } from "../store.ts";
import { gaugesOf } from "./gauges.ts";
import { PART_NAMES } from "./health-score.ts";
import { IndexHealth } from "./index-health.ts";
import { memoryFree } from "./memory.ts";
import { Serving } from "./serving.ts";
import { ServingGate } from "./serving-gate.ts";
import { SnapshotWatch } from "./snapshot-watch.ts";

/** Patience before health follows the score, where none is named. */
const HOLD_MS = 10_000;

export interface WatchOptions {
  registry: Registry;
  store: ItemStore;
  log: Pick<Logger, "info" | "warn">;
  events: IndexEvents;
  tail: { readonly lag: number; readonly connected: boolean };
  /** Others that serve the same indices; default: none is known of. */
  peers?: { readonly count: number; ahead(applied: bigint): number };
  /** gRPC health to keep. Default: none. */
  serving?: { health: Pick<HealthRegistry, "set">; service: string; low: number; high: number; holdMs?: number };
  recall: { share: number; cpuMsPerSecond: number; threads: number };
  /** Time between two snapshots; default: none are written. */
  snapshotEveryMs?: number;
  /** Ends measuring. */
  signal: AbortSignal;
  /** Default `performance.now`. */
  nowMs?: () => number;
}

/**
 * Watches an Index: measures its recall, judges its health, and shows both as metrics. Call `look` about every second
 * for gRPC health to follow.
 */
export function watchIndex(options: WatchOptions) {
  const { registry, store, events, tail, peers, serving, log, signal, nowMs = () => performance.now() } = options;
  const samples = new Counter({
    name: "faiss_recall_samples_total",
    help: "searches that were drawn to be answered exactly as well, by what became of them",
    labelNames: ["index", "outcome"],
    registers: [registry],
  });
  const recall = new RecallSampler({
    ...options.recall,
    signal,
    nowMs,
    exactly: async ({ index, vector, filter, minScore }, k, stop) => {
      const query = { index: store.index(index)!, vector };
      const exact = {
        k,
        exact: true,
        signal: stop,
        ...(filter && { filter }),
        ...(minScore !== undefined && { minScore }),
      };
      return store.searchOne(query, exact);
    },
    seqOf: (itemId) => store.items.get(itemId)?.seq,
    onOutcome(index, outcome, err) {
      samples.inc({ index, outcome });
      if (outcome === "failed") log.warn({ event: "recall_sample_failed", index, err }, "recall could not be measured");
    },
  });
  const snapshots = new SnapshotWatch({
    applied: () => store.applied.value,
    everyMs: options.snapshotEveryMs,
    now: () => Date.now(),
  });
  const judge = new IndexHealth({
    indexes: () => store.indexes,
    log: tail,
    recall: (index) => recall.recall(index).high,
    snapshotsLate: () => snapshots.late,
    memoryFree,
    behindOthers: () => peers?.ahead(store.applied.value) ?? 0,
    nowMs,
  });
  const follow =
    serving &&
    new Serving({
      ...serving,
      gate: new ServingGate({ holdMs: HOLD_MS, ...serving }),
      judge: () => judge.serving(),
      log,
      nowMs,
    });

  events.on("answered", (search) => {
    judge.searched(search.index, false);
    recall.offer(search);
  });
  events.on("failed", ({ index }) => judge.searched(index, true));
  events.on("vectors", ({ index, event }) => {
    if (event.kind === "rebuilt") recall.graphReplaced(index);
  });
  events.on("snapshot", (event) => {
    if (event.kind === "written") snapshots.written(event.info, event.ms);
  });

  for (const { name: index } of store.indexes) for (const outcome of OUTCOMES) samples.inc({ index, outcome }, 0);
  addGauges({ registry, store, recall, judge, snapshots, peers });

  return {
    recall,
    snapshots,
    judge,
    look() {
      snapshots.look();
      follow?.look();
    },
  };
}

interface Watched {
  registry: Registry;
  store: ItemStore;
  recall: RecallSampler;
  judge: IndexHealth;
  snapshots: SnapshotWatch;
  peers: WatchOptions["peers"];
}

function addGauges({ registry, store, recall, judge, snapshots, peers }: Watched): void {
  const gauge = gaugesOf(registry);
  const names = () => store.indexes.map(({ name }) => name);
  const ofIndexes = (value: (index: string) => number) => () =>
    names().map((index): [{ index: string }, number] => [{ index }, value(index)]);
  const perhaps = (value: () => number | undefined) => () => {
    const known = value();
    return known === undefined ? [] : ([[{}, known]] as [object, number][]);
  };

  gauge(
    "faiss_index_recall",
    "recall at k of the searches of ten minutes; exact ones count as 1, those of the graph as measured",
    ["index"],
    ofIndexes((index) => recall.recall(index).all),
  );
  gauge(
    "faiss_index_graph_recall",
    "recall at k of the searches of ten minutes that the graph answered and that were measured; 1 without any",
    ["index"],
    ofIndexes((index) => recall.recall(index).graph),
  );
  gauge(
    "faiss_index_graph_recall_low",
    "lower end of the 95 % interval of faiss_index_graph_recall",
    ["index"],
    ofIndexes((index) => recall.recall(index).low),
  );
  gauge(
    "faiss_index_graph_recall_high",
    "upper end of the 95 % interval of faiss_index_graph_recall",
    ["index"],
    ofIndexes((index) => recall.recall(index).high),
  );
  gauge(
    "faiss_index_recall_samples",
    "searches of ten minutes whose recall was measured",
    ["index"],
    ofIndexes((index) => recall.recall(index).samples),
  );
  gauge("faiss_index_health_score", "product of what each part leaves of it, 0 to 1", ["index"], () =>
    store.indexes.map((index) => [{ index: index.name }, judge.score(index)]),
  );
  gauge("faiss_index_health_part", "parts of the health score, each 0 to 1", ["index", "part"], () =>
    store.indexes.flatMap((index) => {
      const parts = judge.parts(index);
      return PART_NAMES.map((part): [{ index: string; part: string }, number] => [
        { index: index.name, part },
        parts[part],
      ]);
    }),
  );
  gauge(
    "faiss_snapshot_age_seconds",
    "age of the newest snapshot",
    [],
    perhaps(() => snapshots.ageSeconds),
  );
  gauge(
    "faiss_snapshot_size_bytes",
    "size of the newest snapshot",
    [],
    perhaps(() => snapshots.bytes),
  );
  gauge(
    "faiss_snapshot_write_seconds",
    "what writing the newest snapshot took",
    [],
    perhaps(() => snapshots.writeSeconds),
  );
  gauge("index_peers", "other replicas that were heard of lately", [], () => [[{}, peers?.count ?? 0]]);
  gauge("index_behind_peers", "changes that another replica has applied and this one has not", [], () => [
    [{}, peers?.ahead(store.applied.value) ?? 0],
  ]);
}
