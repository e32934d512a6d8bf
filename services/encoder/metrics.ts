import { Counter, Gauge, Histogram, type Registry } from "prom-client";

export type EncoderMetrics = ReturnType<typeof createEncoderMetrics>;

/** What the Encoder measures about itself. */
export function createEncoderMetrics(registry: Registry) {
  const registers = [registry];
  return {
    inferenceSeconds: new Histogram({
      name: "model_inference_duration_seconds",
      help: "Time of one photo or text in one model, by stage (preprocess, compute, caption)",
      labelNames: ["model_name", "model_version", "stage"] as const,
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
      registers,
    }),
    inferenceFailures: new Counter({
      name: "model_inference_failures_total",
      help: "Inferences that failed although the input was good",
      labelNames: ["model_name", "model_version"] as const,
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
    modelLoaded: new Gauge({
      name: "model_loaded",
      help: "1 when the model version is loaded, 0 when it is broken",
      labelNames: ["model_name", "model_version"] as const,
      registers,
    }),
    cacheLookups: new Counter({
      name: "encoder_cache_lookups_total",
      help: "Embeddings looked up in the cache, by kind (photo, text, caption) and outcome (hit, miss)",
      labelNames: ["kind", "outcome"] as const,
      registers,
    }),
  };
}
