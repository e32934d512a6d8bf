import type { Row } from "../kit/dashboard.ts";
import { downUp } from "../kit/limits.ts";
import { words } from "../kit/look.ts";
import { graph, stat } from "../kit/panels.ts";
import { average, perSecond, quantile } from "../kit/queries.ts";

const inference = "model_inference_duration_seconds";
const computed = `${inference}_count{stage="compute"}`;

/** The models at work. */
export const inferences: Row = {
  title: "Inference",
  panels: [
    stat({
      title: "Models loaded",
      description: "Each model version of the Encoder. Good: all LOADED; without one the answers come from the others.",
      unit: "short",
      queries: { "{{model_name}} {{model_version}}": "model_loaded" },
      width: 6,
      height: 8,
      limit: downUp,
      mappings: words("BROKEN", "LOADED"),
    }),
    graph({
      title: "Model inference time",
      description:
        "Mean time of one photo or text in one model, all its stages alike. Good: below 50 ms on one processor.",
      unit: "s",
      queries: { "{{model_name}}": average(inference, ["model_name"]) },
      width: 9,
      noValue: "no inferences",
    }),
    graph({
      title: "Inference time p95 by stage",
      description:
        "Preprocess: photo to tensor; compute: tensor to vector; caption: words for a photo. Good: each below 100 ms; preprocess that leads says that photos are large.",
      unit: "s",
      queries: { "{{model_name}} {{stage}}": quantile(0.95, inference, ["model_name", "stage"]) },
      width: 9,
      noValue: "no inferences",
    }),
    graph({
      title: "Inferences",
      description: "Vectors made a second by model. Good: the same for all models.",
      unit: "cps",
      queries: { "{{model_name}}": perSecond(computed, ["model_name"]) },
      width: 8,
    }),
    graph({
      title: "Inference failures",
      description: "Inferences that failed although the input was good. Good: none at all.",
      unit: "cps",
      queries: {
        all: "sum(rate(model_inference_failures_total[$__rate_interval])) or 0 * sum(model_loaded)",
        "{{model_name}}": perSecond("model_inference_failures_total", ["model_name"]),
      },
      width: 8,
    }),
    graph({
      title: "Encoder queue",
      description:
        "Calls of the Encoder under way: those that compute and those that wait their turn. Good: falls back to 0 after a burst.",
      unit: "short",
      queries: { "{{method}}": 'sum by (method) (rpc_server_in_flight{service="encoder"})' },
      width: 8,
      decimals: 0,
    }),
  ],
};

/** The model that writes captions. */
export const captions: Row = {
  title: "Captions",
  panels: [
    graph({
      title: "Captions",
      description: "Captions written a second. Good: one for each new photo.",
      unit: "cps",
      queries: { "{{model_name}}": perSecond(`${inference}_count{stage="caption"}`, ["model_name"]) },
      width: 12,
    }),
    graph({
      title: "Caption time",
      description: "Time to write one caption. Good: p95 below 50 ms.",
      unit: "s",
      queries: {
        p50: quantile(0.5, `${inference}{stage="caption"}`),
        p95: quantile(0.95, `${inference}{stage="caption"}`),
        p99: quantile(0.99, `${inference}{stage="caption"}`),
      },
      width: 12,
      noValue: "no captions",
    }),
  ],
};
