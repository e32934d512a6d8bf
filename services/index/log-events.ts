import type { Logger } from "../kit/log.ts";
import type { IndexEvents } from "./events.ts";

/** Writes down what happened to indexes and snapshots. */
export function logEvents(events: IndexEvents, log: Pick<Logger, "info" | "warn">): void {
  events.on("vectors", ({ index, event }) => {
    if (event.kind === "rebuilt") {
      const { rows, graph, compacted, ms } = event;
      log.info({ event: "index_rebuilt", index, rows, graph, compacted, ms }, "rows and graph were made anew");
    } else if (event.kind === "rebuild-failed") {
      const { error, failures, retryInMs } = event;
      log.warn({ event: "rebuild_failed", index, err: error, failures, retryInMs }, "what was there before serves on");
    } else {
      log.warn({ event: "graph_failed", index, err: event.error }, "searches are scans until there is another graph");
    }
  });
  events.on("snapshot", (event) => {
    if (event.kind === "written") {
      const { generation, seq, bytes } = event.info;
      log.info(
        { event: "snapshot_written", generation, seq: String(seq), bytes, ms: event.ms },
        "a snapshot was written",
      );
    } else if (event.kind === "restored") {
      const { generation, seq } = event.info;
      log.info(
        { event: "snapshot_restored", generation, seq: String(seq) },
        "a snapshot was loaded, and what changed since",
      );
    } else if (event.kind === "graph-dropped") {
      log.warn({ event: "graph_dropped", index: event.index, err: event.error }, "the graph is built again");
    } else if (event.kind === "failed") {
      log.warn({ event: "snapshot_failed", err: event.error }, "no snapshot was written; tried again later");
    } else {
      const { kind, generation, error } = event;
      const said = kind === "set-aside" ? "a damaged snapshot was set aside" : "a snapshot was not read";
      log.warn({ event: `snapshot_${kind.replace("-", "_")}`, generation, err: error }, said);
    }
  });
}
