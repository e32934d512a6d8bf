import type { Logger } from "../kit/log.ts";
import { batchMetrics } from "./batch-metrics.ts";
import { batchedInference } from "./batching/batched-inference.ts";
import type { EncoderConfig } from "./config.ts";
import { parseProviders } from "./inference/execution-providers.ts";
import type { OpenInference } from "./inference/inference.ts";
import { workersWith } from "./inference/open-worker.ts";
import { threadsFor } from "./inference/threads.ts";
import type { EncoderMetrics } from "./metrics.ts";

/** Inference as the Encoder serves it: processes of its own for each model version, and a queue that makes batches. */
export function servedInference(
  config: Pick<
    EncoderConfig,
    | "MAX_BATCH_SIZE"
    | "INFERENCE_TIMEOUT"
    | "ENCODER_PROCESSES"
    | "ENCODER_INFERENCE_NICE"
    | "ENCODER_MAX_RSS_MB"
    | "ENCODER_EXECUTION_PROVIDERS"
    | "ENCODER_MAX_DELAY_MS"
    | "ENCODER_MAX_QUEUED"
  >,
  { metrics, log }: { metrics: EncoderMetrics; log: Pick<Logger, "info" | "warn"> },
): OpenInference {
  const replicas = config.ENCODER_PROCESSES;
  const maxRssBytes = config.ENCODER_MAX_RSS_MB > 0 ? config.ENCODER_MAX_RSS_MB * 2 ** 20 : Number.POSITIVE_INFINITY;
  const [nice, runMs] = [config.ENCODER_INFERENCE_NICE, config.INFERENCE_TIMEOUT * 1000];
  const open = workersWith({ replicas, nice, runMs, maxRssBytes, log });
  const providers = parseProviders(config.ENCODER_EXECUTION_PROVIDERS);
  return async (files, options) =>
    batchedInference(await open(files, { ...options, threads: threadsFor(options.threads, files), providers }), {
      maxBatch: config.MAX_BATCH_SIZE,
      maxDelayMs: config.ENCODER_MAX_DELAY_MS,
      maxQueued: config.ENCODER_MAX_QUEUED,
      slots: replicas,
      ...(options.model ? { watch: batchMetrics(metrics, options.model) } : {}),
    });
}
