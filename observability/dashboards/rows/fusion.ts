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
    graph({
      title: "What was learned, as Fusion knows it",
      description: "Time since Feedback told what is learned. Good: connected, and young while people answer.",
      unit: "s",
      queries: {
        "age of {{instance}}": "fusion_learning_age_seconds",
        "connected {{instance}}": "fusion_learning_connected",
      },
      width: 8,
      stack: false,
      noValue: "no Fusion",
    }),
    graph({
      title: "Entry of the log that was learned from",
      description:
        "The last entry of Feedback's log that a Fusion has heard of. Good: the same everywhere, and rising.",
      unit: "short",
      queries: { "{{instance}}": "fusion_learning_seq" },
      width: 8,
      stack: false,
      noValue: "no Fusion",
    }),
    graph({
      title: "What Fusion had to ask for",
      description:
        "Profiles of Feedback and garments of the Index that were kept (hit) or asked for. Good: mostly hits.",
      unit: "cps",
      queries: {
        "profile {{outcome}}": perSecond("fusion_profile_requests_total", ["outcome"]),
        "garment {{outcome}}": perSecond("fusion_item_requests_total", ["outcome"]),
      },
      width: 8,
      stack: false,
      noValue: "no answers",
    }),
    graph({
      title: "Profiles that Fusion keeps",
      description: "Bounded by FUSION_PROFILE_CACHE_MB. Good: as many as people who ask within half a minute.",
      unit: "short",
      queries: { "{{instance}}": "fusion_profile_cache_entries" },
      width: 12,
      stack: false,
      noValue: "no Fusion",
    }),
    graph({
      title: "Garments' vectors that Fusion keeps",
      description: "Bounded by FUSION_ITEM_CACHE_MB. Good: below that bound; at it garments are asked for again.",
      unit: "bytes",
      queries: { "{{instance}}": "fusion_item_cache_bytes" },
      width: 12,
      stack: false,
      noValue: "no Fusion",
    }),
  ],
};
