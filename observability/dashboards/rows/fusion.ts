import type { Row } from "../kit/dashboard.ts";
import { graph } from "../kit/panels.ts";
import { orZero, perSecond, quantile } from "../kit/queries.ts";

const encode = '{service="encoder",method="Encode"}';

/** How the models' lists become one answer. */
export const fusion: Row = {
  title: "From models to answers",
  panels: [
    graph({
      title: "Stages p95",
      description: "The parts of an answer's time. Good: encode leads, all others below 50 ms.",
      unit: "s",
      queries: { "{{stage}}": quantile(0.95, "fusion_stage_duration_seconds", ["stage"]) },
      width: 8,
      noValue: "no answers",
    }),
    graph({
      title: "Encode calls",
      description: "Time of a whole call of the Encoder. Good: p95 below 0.3 s for photos of a phone.",
      unit: "s",
      queries: {
        p50: quantile(0.5, `rpc_server_duration_seconds${encode}`),
        p95: quantile(0.95, `rpc_server_duration_seconds${encode}`),
        p99: quantile(0.99, `rpc_server_duration_seconds${encode}`),
      },
      width: 8,
      noValue: "no calls",
    }),
    graph({
      title: "Degraded answers by part",
      description: "What answers had to do without: model:blip, feedback, … Good: none.",
      unit: "cps",
      queries: {
        all: orZero(perSecond("fusion_degraded_total")),
        "{{part}}": perSecond("fusion_degraded_total", ["part"]),
      },
      width: 8,
      stack: false,
    }),
  ],
};
