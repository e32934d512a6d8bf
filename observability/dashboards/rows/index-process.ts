import type { Row } from "../kit/dashboard.ts";
import { graph } from "../kit/panels.ts";
import { perSecond, quantile } from "../kit/queries.ts";

const ofIndex = '{service="index"}';

/** The process that holds the indices. */
export const indexProcess: Row = {
  title: "Index process",
  panels: [
    graph({
      title: "Process memory",
      description:
        "Resident memory, and the heap of JavaScript in it; vectors lie outside the heap. Good: a level that grows with the vectors alone.",
      unit: "bytes",
      queries: {
        resident: `process_resident_memory_bytes${ofIndex}`,
        heap: `nodejs_heap_size_used_bytes${ofIndex}`,
        external: `nodejs_external_memory_bytes${ofIndex}`,
      },
      width: 6,
    }),
    graph({
      title: "Processor",
      description: "Processors in use. Good: below 1 with exact search, whose work is one thread's.",
      unit: "short",
      queries: { index: perSecond(`process_cpu_seconds_total${ofIndex}`) },
      width: 6,
    }),
    graph({
      title: "Event loop lag",
      description: "How late timers ran. Good: p99 below 50 ms; an exact search of a large index holds up the others.",
      unit: "s",
      queries: {
        p50: `nodejs_eventloop_lag_p50_seconds${ofIndex}`,
        p99: `nodejs_eventloop_lag_p99_seconds${ofIndex}`,
      },
      width: 6,
    }),
    graph({
      title: "Query time",
      description: "Statements of the Index to PostgreSQL. Good: p95 below 10 ms.",
      unit: "s",
      queries: {
        p50: quantile(0.5, `database_query_duration_seconds${ofIndex}`),
        p95: quantile(0.95, `database_query_duration_seconds${ofIndex}`),
      },
      width: 6,
    }),
  ],
};
