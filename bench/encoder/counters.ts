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

const SAMPLE = /^([a-z_]+)(?:\{(.*)\})? (\S+)$/;

/** Read Prometheus' text format. */
export function readCounters(text: string): Counters {
  const counters: Counters = {
    ...{ computed: 0, computeSeconds: 0, expired: 0, overtaken: 0 },
    ...{ refusals: {}, refused: 0, refusedSoon: 0 },
  };
  for (const line of text.split("\n")) {
    const [, name, labels = "", value] = SAMPLE.exec(line) ?? [];
    const label = (key: string) => new RegExp(`(?:^|,)${key}="([^"]*)"`).exec(labels)?.[1];
    if (name === "model_inference_duration_seconds_count" && label("stage") === "compute") {
      counters.computed += Number(value);
    } else if (name === "model_inference_duration_seconds_sum" && label("stage") === "compute") {
      counters.computeSeconds += Number(value);
    } else if (name === "encoder_computed_expired_total") {
      counters.expired += Number(value);
    } else if (name === "encoder_overtaken_total") {
      counters.overtaken += Number(value);
    } else if (name === "encoder_refusals_total") {
      const reason = label("reason") ?? "";
      counters.refusals[reason] = (counters.refusals[reason] ?? 0) + Number(value);
    } else if (name === "http_request_duration_seconds_count" && label("status") === "429") {
      counters.refused += Number(value);
    } else if (name === "http_request_duration_seconds_bucket" && label("status") === "429" && label("le") === "0.05") {
      counters.refusedSoon += Number(value);
    }
  }
  return counters;
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
