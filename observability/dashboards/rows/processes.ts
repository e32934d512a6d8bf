import type { Row } from "../kit/dashboard.ts";
import { graph } from "../kit/panels.ts";
import { perSecond } from "../kit/queries.ts";

/** The processes of the mesh, and what watches them. */
export const processes: Row = {
  title: "Processes",
  panels: [
    graph({
      title: "Event loop lag p99",
      description:
        "How late timers ran. Good: below 50 ms; more means that computing holds up other calls of the same process.",
      unit: "s",
      queries: { "{{service}}": "nodejs_eventloop_lag_p99_seconds" },
      width: 6,
    }),
    graph({
      title: "Processor by process",
      description: "Processors in use, 1 is a whole one. Good: the Encoder leads, and none stays at its limit.",
      unit: "short",
      queries: { "{{service}}": perSecond("process_cpu_seconds_total", ["service"]) },
      width: 6,
    }),
    graph({
      title: "Memory by process",
      description: "Resident memory; of Envoy its heap. Good: a level that stays for hours.",
      unit: "bytes",
      queries: { "{{service}}": "process_resident_memory_bytes", envoy: "envoy_server_memory_heap_size" },
      width: 6,
    }),
    graph({
      title: "Monitoring itself",
      description:
        "Scraped targets that answer, and samples that the monitor gathers a second. Good: all of them, without a pause.",
      unit: "short",
      queries: {
        "targets up": "sum(up)",
        targets: "count(up)",
        "samples/s": perSecond("flashfit_metrics_collected_total"),
      },
      width: 6,
    }),
  ],
};
