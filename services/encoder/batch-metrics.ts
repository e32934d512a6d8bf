import type { BatchWatch } from "./batching/watch.ts";
import type { EncoderMetrics } from "./metrics.ts";

/** Tells the metrics what the queue of one model version does. */
export function batchMetrics(
  { queueDepth, inferenceSeconds, batchSize, computedExpired, overtaken, refusals }: EncoderMetrics,
  { name, revision }: { name: string; revision: string },
): BatchWatch {
  const labels = { model_name: name, model_version: revision };
  return {
    depth: (priority, waiting) => queueDepth.set({ model_name: name, priority }, waiting),
    waited: (_, ms) => inferenceSeconds.observe({ ...labels, stage: "queue" }, ms / 1000),
    began(run) {
      computedExpired.inc(run.expired);
      overtaken.inc(run.overtaken);
    },
    ran({ rows, jobs, ms, ok }) {
      if (!ok) return;
      batchSize.observe({ model_name: name }, rows);
      // Each of them has waited for the whole batch.
      for (let i = 0; i < jobs; i++) inferenceSeconds.observe({ ...labels, stage: "compute" }, ms / 1000);
    },
    refused: (_, reason) => refusals.inc({ reason }),
    dropped(_, reason) {
      if (reason === "deadline") refusals.inc({ reason: "deadline_passed" });
      if (reason === "displaced") refusals.inc({ reason: "displaced" });
    },
    late(_, reason) {
      if (reason === "deadline") refusals.inc({ reason: "deadline_passed" });
    },
  };
}
