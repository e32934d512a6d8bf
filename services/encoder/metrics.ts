import { Counter, Gauge, Histogram, type Registry } from "prom-client";

export type EncoderMetrics = ReturnType<typeof createEncoderMetrics>;

/** Parts of the time that one photo or text spends with one model. */
export type Stage = "queue" | "preprocess" | "compute" | "postprocess" | "caption";

const MODEL = ["model_name", "model_version"] as const;

/** What the Encoder measures about itself. */
export function createEncoderMetrics(registry: Registry) {
  const registers = [registry];
  return {
    inferenceSeconds: new Histogram({
      name: "model_inference_duration_seconds",
      help: "Time of one photo or text in one model, by stage (queue, preprocess, compute, postprocess; caption: a whole one)",
      labelNames: [...MODEL, "stage"] as const,
      buckets: [0.0001, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
      registers,
    }),
    inferenceFailures: new Counter({
      name: "model_inference_failures_total",
      help: "Inferences that failed although the input was good",
      labelNames: MODEL,
      registers,
    }),
    batchSize: new Histogram({
      name: "encoder_batch_size",
      help: "Photos, texts or sentences computed in one run",
      labelNames: ["model_name"] as const,
      buckets: [1, 2, 4, 8, 16, 32, 64, 128, 256],
      registers,
    }),
    queueDepth: new Gauge({
      name: "encoder_queue_depth",
      help: "Photos, texts or sentences that wait to be computed",
      labelNames: ["model_name", "priority"] as const,
      registers,
    }),
    refusals: new Counter({
      name: "encoder_refusals_total",
      help: "Work that was not done, by reason (queue_full, displaced, decode_queue_full, deadline_too_close, deadline_too_close_to_decode, deadline_too_close_to_read, deadline_passed, closed)",
      labelNames: ["reason"] as const,
      registers,
    }),
    computedExpired: new Counter({
      name: "encoder_computed_expired_total",
      help: "Work that was begun although its deadline had passed; 0 is promised",
      registers,
    }),
    overtaken: new Counter({
      name: "encoder_overtaken_total",
      help: "Interactive work that waited when bulk work of its model was begun; 0 is promised",
      registers,
    }),
    captionerTokens: new Counter({
      name: "captioner_tokens_total",
      help: "Tokens of captions written",
      labelNames: ["model_name"] as const,
      registers,
    }),
    captionerSeconds: new Histogram({
      name: "captioner_seconds",
      help: "Time to write one caption, by search (greedy, beam)",
      labelNames: ["model_name", "search"] as const,
      buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
      registers,
    }),
    uploads: new Counter({
      name: "photo_uploads_total",
      help: "Photos received, by outcome (accepted, cached, or why refused)",
      labelNames: ["outcome"] as const,
      registers,
    }),
    uploadBytes: new Histogram({
      name: "photo_upload_bytes",
      help: "Size of received photos in bytes",
      buckets: [16_384, 65_536, 262_144, 1_048_576, 4_194_304, 10_485_760],
      registers,
    }),
    cacheShared: new Counter({
      name: "encoder_cache_shared_total",
      help: "Misses answered by equal work that was under way already",
      labelNames: ["kind"] as const,
      registers,
    }),
    countLookup: cacheCounters(registers),
  };
}

/** Counts lookups, and tells the share of hits since the start. */
function cacheCounters(registers: Registry[]) {
  const counts = new Map<string, { hit: number; miss: number }>();
  const lookups = new Counter({
    name: "encoder_cache_lookups_total",
    help: "Embeddings looked up in the cache, by kind (photo, text, caption) and outcome (hit, miss)",
    labelNames: ["kind", "outcome"] as const,
    registers,
  });
  new Gauge({
    name: "encoder_cache_hit_ratio",
    help: "Share of the lookups since the start that were hits, 0 to 1, by kind",
    labelNames: ["kind"] as const,
    registers,
    collect() {
      for (const [kind, { hit, miss }] of counts) this.set({ kind }, hit / (hit + miss));
    },
  });
  return (kind: string, outcome: "hit" | "miss") => {
    const count = counts.get(kind) ?? { hit: 0, miss: 0 };
    count[outcome]++;
    counts.set(kind, count);
    lookups.inc({ kind, outcome });
  };
}
