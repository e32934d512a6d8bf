import type { Metrics } from "../support/prometheus.ts";

/** Counters of the Encoder that say what it did, summed over the models. */
export interface Counters {
  /** Photographs that went through a model. */
  computed: number;
  /** Time of those, seconds. */
  computeSeconds: number;
  /** Work that was begun after its deadline; interactive work that bulk work went before. */
  expired: number;
  overtaken: number;
  /** By reason. */
  refusals: Record<string, number>;
  /** HTTP answers 429, and those of them that were given within 50 ms of the request's headers. */
  refused: number;
  refusedSoon: number;
}

export function countersOf(metrics: Metrics): Counters {
  const compute = { stage: "compute" };
  const refused = { status: "429" };
  return {
    computed: metrics.sum("model_inference_duration_seconds_count", compute),
    computeSeconds: metrics.sum("model_inference_duration_seconds_sum", compute),
    expired: metrics.sum("encoder_computed_expired_total"),
    overtaken: metrics.sum("encoder_overtaken_total"),
    refusals: metrics.sumBy("reason", "encoder_refusals_total"),
    refused: metrics.sum("http_request_duration_seconds_count", refused),
    refusedSoon: metrics.sum("http_request_duration_seconds_bucket", { ...refused, le: "0.05" }),
  };
}

/** What was added between two readings. */
export function added(before: Counters, after: Counters): Counters {
  return {
    computed: after.computed - before.computed,
    computeSeconds: after.computeSeconds - before.computeSeconds,
    expired: after.expired - before.expired,
    overtaken: after.overtaken - before.overtaken,
    refused: after.refused - before.refused,
    refusedSoon: after.refusedSoon - before.refusedSoon,
    refusals: Object.fromEntries(
      Object.entries(after.refusals).map(([reason, count]) => [reason, count - (before.refusals[reason] ?? 0)]),
    ),
  };
}
