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
        "Queue: waiting for a batch; preprocess: photo to tensor; compute: the run of the whole batch; postprocess: output to vector; caption: words for a photo. Good: each below 100 ms; a queue that leads says that there is more to do than can be done.",
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

/** What the queues make of many calls. */
export const batches: Row = {
  title: "Batches",
  panels: [
    graph({
      title: "Batch size",
      description:
        "Photos, texts or sentences computed in one run, mean. Good: 1 when idle, and growing with the load.",
      unit: "short",
      queries: { "{{model_name}}": average("encoder_batch_size", ["model_name"]) },
      width: 8,
      noValue: "no inferences",
    }),
    graph({
      title: "Waiting for a batch",
      description: "By model and priority. Good: near 0 for interactive; bulk may wait, it gets what that leaves.",
      unit: "short",
      queries: { "{{model_name}} {{priority}}": "sum by (model_name, priority) (encoder_queue_depth)" },
      width: 8,
      decimals: 0,
      noValue: "nothing was queued",
    }),
    graph({
      title: "Encoder refusals",
      description:
        "Work not done, by reason: a full queue, a deadline too close or passed. Good: none; else the machine is too small for the load, and says so early. Two promises are below it: both stay 0.",
      unit: "cps",
      queries: {
        all: "sum(rate(encoder_refusals_total[$__rate_interval])) or 0 * sum(model_loaded)",
        "{{reason}}": perSecond("encoder_refusals_total", ["reason"]),
        "begun after its deadline (never)": "sum(rate(encoder_computed_expired_total[$__rate_interval]))",
        "waited while bulk began (never)": "sum(rate(encoder_overtaken_total[$__rate_interval]))",
      },
      width: 8,
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
      width: 8,
    }),
    graph({
      title: "Caption tokens",
      description: "Words and parts of words written a second. Good: about six times the captions.",
      unit: "cps",
      queries: { "{{model_name}}": perSecond("captioner_tokens_total", ["model_name"]) },
      width: 8,
      noValue: "no captions",
    }),
    graph({
      title: "Caption time",
      description: "Time to write one caption, p95 by search; a beam search costs more. Good: greedy below 50 ms.",
      unit: "s",
      queries: { "{{search}}": quantile(0.95, "captioner_seconds", ["search"]) },
      width: 8,
      noValue: "no captions",
    }),
  ],
};
