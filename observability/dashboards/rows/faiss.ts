import type { Row } from "../kit/dashboard.ts";
import { downUp, limits } from "../kit/limits.ts";
import { words } from "../kit/look.ts";
import { graph, stat } from "../kit/panels.ts";
import { perSecond, quantile, rate } from "../kit/queries.ts";
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
        "0.7 × freshness + 0.3 × connection to the change log. Good: 100 %; below 90 % an alert fires: searches miss what was just added.",
      unit: "percentunit",
      queries: { "{{index}}": "faiss_index_health_score" },
      width: 8,
      height: 8,
      limit: limits.faissHealth,
      trend: true,
    }),
    graph({
      title: "Parts of the health score",
      description: "Freshness: how close to the change log; connection: whether it can be read. Good: both 1.",
      unit: "percentunit",
      queries: { "{{part}}": "faiss_index_health_part" },
      width: 8,
      max: 1,
    }),
    vectors(),
    graph({
      title: "Index size",
      description: "Memory of the vectors and their attributes. Good: grows with the vectors, about 1 KB each.",
      unit: "bytes",
      queries: { "{{index}}": "faiss_index_size_bytes" },
      width: 12,
      stack: true,
    }),
    graph({
      title: "Memory by index",
      description:
        "Memory that each index holds: deleted rows and room for more included. Good: less than twice its size, once it is large.",
      unit: "bytes",
      queries: { "{{index}}": "faiss_memory_usage_bytes" },
      width: 12,
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
      description: "Searches a second by index and engine. Good: the same for all indices.",
      unit: "ops",
      queries: { "{{index}} {{engine}}": perSecond(`${search}_count`, ["index", "engine"]) },
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
  ],
};
