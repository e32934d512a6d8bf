import type { Row } from "../kit/dashboard.ts";
import { downUp, limits } from "../kit/limits.ts";
import { words } from "../kit/look.ts";
import { graph, stat, table } from "../kit/panels.ts";
import { perSecond, quantile, rate, sum } from "../kit/queries.ts";
import { vectors } from "./vectors.ts";

const search = "faiss_search_duration_seconds";
const byIndex = ["index"];

/** What the indices hold and how well they are. */
export const contents: Row = {
  title: "Contents and health",
  panels: [
    stat({
      title: "Health score",
      description:
        "Product of what freshness, connection, recall, tombstones, snapshot, memory and errors leave of it. Good: 100 %; below 90 % an alert fires.",
      unit: "percentunit",
      queries: { "{{index}}": "faiss_index_health_score" },
      width: 8,
      height: 8,
      limit: limits.faissHealth,
      trend: true,
    }),
    graph({
      title: "Parts of the health score",
      description:
        "Each part's worst index; docs/how-to/index-health.md has the formula. Good: all 1, whatever is lower says what is wrong.",
      unit: "percentunit",
      queries: { "{{part}}": "min by (part) (faiss_index_health_part)" },
      width: 8,
      max: 1,
    }),
    vectors(),
    graph({
      title: "Index size",
      description: "Bytes of the vectors that can be found. Good: grows with the vectors, 2 KB each at 512 dimensions.",
      unit: "bytes",
      queries: { "{{index}}": "faiss_index_size_bytes" },
      width: 8,
      stack: true,
    }),
    graph({
      title: "Memory by index",
      description:
        "Memory that each index holds: graph, deleted rows and room for more included. Good: less than thrice its size, once it is large.",
      unit: "bytes",
      queries: { "{{index}}": "faiss_memory_usage_bytes" },
      width: 8,
      stack: true,
    }),
    graph({
      title: "Memory by part",
      description:
        "What holds the memory of all indices: vectors, columns and postings of attributes, ids, graphs. Good: mostly vectors and graph.",
      unit: "bytes",
      queries: { "{{part}}": sum("faiss_memory_part_bytes", ["part"]) },
      width: 8,
      stack: true,
    }),
  ],
};

/** How fast they answer. */
export const searches: Row = {
  title: "Searches",
  panels: [
    ...([0.5, 0.95, 0.99] as const).map((q) =>
      graph({
        title: `Search p${q * 100}`,
        description: `${q * 100} of 100 searches in one index are faster. Good: below 10 ms for some ten thousand garments.`,
        unit: "s",
        queries: { "{{index}}": quantile(q, search, byIndex) },
        width: 8,
        limit: q === 0.95 ? limits.searchSeconds : undefined,
        noValue: "no searches",
      }),
    ),
    graph({
      title: "Searches",
      description:
        "Searches a second by index, engine and plan. Good: the same for all indices; large ones by their graph unless a filter is narrow.",
      unit: "ops",
      queries: { "{{index}} {{engine}} {{plan}}": perSecond(`${search}_count`, ["index", "engine", "plan"]) },
      width: 8,
    }),
    graph({
      title: "Search calls",
      description:
        "A whole call of Search, all its indices and the waiting for a fresh change together. Good: p95 below 50 ms.",
      unit: "s",
      queries: {
        p50: quantile(0.5, 'rpc_server_duration_seconds{service="index",method="Search"}'),
        p95: quantile(0.95, 'rpc_server_duration_seconds{service="index",method="Search"}'),
        p99: quantile(0.99, 'rpc_server_duration_seconds{service="index",method="Search"}'),
      },
      width: 8,
      noValue: "no searches",
    }),
    graph({
      title: "Calls by method",
      description: "What is asked of the Index, and how it ends. Good: ok.",
      unit: "reqps",
      queries: { "{{method}} {{code}}": perSecond('rpc_server_requests_total{service="index"}', ["method", "code"]) },
      width: 8,
      stack: true,
    }),
  ],
};

/** How much of what is near they find. */
export const recall: Row = {
  title: "Recall",
  panels: [
    stat({
      title: "Recall",
      description:
        "Share of the true nearest that searches of ten minutes found; exact ones count as 1. Good: 95 % and more.",
      unit: "percentunit",
      queries: { "{{index}}": "faiss_index_recall" },
      width: 6,
      height: 8,
      limit: limits.graphRecall,
      trend: true,
    }),
    graph({
      title: "Recall of the graph",
      description:
        "Mean of the measured searches that a graph answered, and its 95 % interval. Good: 0.95 and more; when the upper end falls below 0.9 an alert fires.",
      unit: "percentunit",
      queries: {
        "{{index}}": "faiss_index_graph_recall",
        "{{index}} at least": "faiss_index_graph_recall_low",
        "{{index}} at most": "faiss_index_graph_recall_high",
      },
      width: 6,
      max: 1,
      limit: limits.graphRecall,
    }),
    graph({
      title: "Measured searches",
      description:
        "Searches of ten minutes whose recall is known. Good: some hundreds under load; none where no graph answers.",
      unit: "short",
      queries: { "{{index}}": "faiss_index_recall_samples" },
      width: 6,
      decimals: 0,
    }),
    graph({
      title: "Samples by outcome",
      description:
        "What became of searches that were drawn to be measured. Good: measured; over_budget and busy were dropped to keep the cost low, failed has its reason in the log.",
      unit: "ops",
      queries: { "{{outcome}}": perSecond("faiss_recall_samples_total", ["outcome"]) },
      width: 6,
      stack: true,
    }),
  ],
};

/** What answers, and how it is kept in shape. */
export const graphs: Row = {
  title: "Graphs and rebuilds",
  panels: [
    table({
      title: "What answers",
      description: "The engine of each index and what it built. Good: the same on every replica.",
      unit: "short",
      queries: { "": "faiss_index_info" },
      width: 8,
      columns: { index: "Index", engine: "Engine", factory: "Graph", instance: "Where" },
    }),
    graph({
      title: "Rows in graphs",
      description:
        "Rows that the graph holds, and newer ones that are scanned beside it. Good: few newer ones; a small index has no graph.",
      unit: "short",
      queries: { "{{index}} in the graph": "faiss_index_graph_rows", "{{index}} newer": "faiss_index_delta_rows" },
      width: 8,
      decimals: 0,
    }),
    graph({
      title: "Tombstones",
      description:
        "Rows that are dead and still hold their memory. Good: at most a quarter of the vectors; then rows are moved together.",
      unit: "short",
      queries: { "{{index}}": "faiss_index_tombstones" },
      width: 8,
      decimals: 0,
    }),
    graph({
      title: "Rebuilding now",
      description: "1 while rows and graph are made anew beside serving. Good: seldom, and not for long.",
      unit: "short",
      queries: { "{{index}}": "faiss_index_rebuilding" },
      width: 8,
      max: 1,
      decimals: 0,
    }),
    graph({
      title: "Time spent rebuilding",
      description: "Share of the time in which rebuilds ended that were under way. Good: below a quarter.",
      unit: "percentunit",
      queries: { "{{index}}": perSecond("faiss_index_rebuild_duration_seconds_sum", ["index"]) },
      width: 8,
    }),
    graph({
      title: "Failures of graphs",
      description:
        "Rebuilds that failed and graphs that failed while they served; searches are scans then. Good: none; the log has the reason.",
      unit: "ops",
      queries: { "{{index}} {{kind}}": perSecond("faiss_index_failures_total", ["index", "kind"]) },
      width: 8,
    }),
  ],
};

/** What a start needs not read from PostgreSQL. */
export const snapshots: Row = {
  title: "Snapshots",
  panels: [
    stat({
      title: "Snapshot age",
      description: "Age of the newest snapshot. Good: below twice the time between two, or nothing has changed since.",
      unit: "s",
      queries: { "snapshot age": "faiss_snapshot_age_seconds" },
      width: 6,
      height: 8,
      trend: true,
      noValue: "none yet",
    }),
    graph({
      title: "Snapshot size",
      description: "Size of the newest snapshot on disk. Good: about the memory of the indices.",
      unit: "bytes",
      queries: { size: "faiss_snapshot_size_bytes" },
      width: 6,
      noValue: "none yet",
    }),
    graph({
      title: "Snapshot time",
      description: "What writing the newest snapshot took. Good: a small part of the time between two.",
      unit: "s",
      queries: { time: "faiss_snapshot_write_seconds" },
      width: 6,
      noValue: "none yet",
    }),
    graph({
      title: "Snapshots by outcome",
      description:
        "Snapshots written, failed, and found to be damaged at a start. Good: written alone; what was set aside is rebuilt from PostgreSQL.",
      unit: "ops",
      queries: { "{{outcome}}": perSecond("faiss_snapshots_total", ["outcome"]) },
      width: 6,
      stack: true,
    }),
  ],
};

/** How close the memory is to the store of record. */
export const replication: Row = {
  title: "Change log",
  panels: [
    stat({
      title: "Change log",
      description:
        "Whether the log of changes can be read. Good: CONNECTED; without it searches go on with what is known.",
      unit: "short",
      queries: { "change log": "index_tail_connected" },
      width: 4,
      height: 8,
      limit: downUp,
      mappings: words("CUT OFF", "CONNECTED"),
    }),
    graph({
      title: "Replication lag",
      description: "Changes that are committed and not yet searchable. Good: 0, a moment after every change.",
      unit: "short",
      queries: { changes: "index_replication_lag" },
      width: 7,
      decimals: 0,
    }),
    graph({
      title: "Applied change",
      description: "Number of the last change applied. Good: rises with every garment, the same on every replica.",
      unit: "short",
      queries: { "change number": "index_applied_seq" },
      width: 6,
      decimals: 0,
    }),
    graph({
      title: "Changes applied",
      description:
        "Changes a second that became searchable. Good: what garments added and deleted make; a peak after a start is the log read again.",
      unit: "cps",
      queries: { changes: rate("index_applied_seq") },
      width: 7,
    }),
    graph({
      title: "Other replicas",
      description: "Replicas that this one has heard of in the last seconds. Good: all the others.",
      unit: "short",
      queries: { "known to {{instance}}": "index_peers" },
      width: 12,
      decimals: 0,
    }),
    graph({
      title: "Behind the others",
      description:
        "Changes that another replica has applied and this one has not. Good: 0; more than 250 for ten seconds and it says NOT_SERVING.",
      unit: "short",
      queries: { "{{instance}}": "index_behind_peers" },
      width: 12,
      decimals: 0,
    }),
  ],
};
