import { EncoderService } from "../../gen/flashfit/encoder/v1/encoder_pb.ts";
import { GRPCInferenceService } from "../../gen/inference/open_inference_grpc_pb.ts";
import { connectCache } from "../kit/cache.ts";
import { collectYoungOften } from "../kit/collector.ts";
import { implement, runService } from "../kit/run.ts";
import { encoderConfig } from "./config.ts";
import { Doorkeeper } from "./doorkeeper.ts";
import { EncodeCache } from "./encode-cache.ts";
import { Encoder } from "./encoder.ts";
import { followActivations } from "./inference/follow-activations.ts";
import { openModels } from "./inference/open-models.ts";
import { createEncoderMetrics } from "./metrics.ts";
import { modelLoadedMetric } from "./model-loaded.ts";
import { createOpenInferenceService } from "./open-inference/service.ts";
import { PhotoDecoder } from "./preprocessing/photo-decoder.ts";
import { servedInference } from "./served-inference.ts";
import { createEncoderService } from "./service.ts";

collectYoungOften({ growthPercent: 400 });
await runService({
  name: "encoder",
  config: encoderConfig,
  listen: (config) => ({
    host: config.ENCODER_HOST,
    port: config.ENCODER_PORT,
    metricsPorts: [config.ENCODER_METRICS_PORT],
  }),
  services: [EncoderService, GRPCInferenceService],
  async setUp({ log, metrics: registry, onStop }, config) {
    const metrics = createEncoderMetrics(registry);
    const models = await openModels({
      directory: config.MODEL_DIR,
      open: servedInference(config, { metrics, log }),
      threads: config.ENCODER_THREADS,
      variant: config.ENCODER_VARIANT,
      ...(config.ENCODER_ACTIVE_FILE ? { activeFile: config.ENCODER_ACTIVE_FILE } : {}),
    });
    const stopFollowing =
      config.ENCODER_FOLLOW_SECONDS === 0
        ? async () => {}
        : followActivations(models, { intervalMs: config.ENCODER_FOLLOW_SECONDS * 1000, log });
    onStop(async () => {
      await stopFollowing();
      await models.close();
    });
    modelLoadedMetric(registry, models);
    for (const known of models.all) {
      const { name, revision } = known;
      if (known.kind === "loaded") log.info({ event: "model_loaded", model: name, revision }, "model loaded");
      else log.error({ event: "model_broken", model: name, revision }, known.reason);
    }
    if (models.loaded.length === 0) {
      const reasons = models.all.map((known) => (known.kind === "broken" ? known.reason : "")).join("; ");
      throw new Error(`no model could be loaded from ${config.MODEL_DIR} (${reasons || "it is empty"}); set MODEL_DIR`);
    }

    const bytes = connectCache(config.REDIS_URL, { log, metrics: registry, onStop });
    const encoder = new Encoder({
      decoder: new PhotoDecoder({ decodes: config.ENCODER_DECODES, waiting: config.ENCODER_DECODES_WAITING }),
      bulkDecodes: config.ENCODER_DECODES,
      cache: new EncodeCache({ bytes, ttlSeconds: config.ENCODER_CACHE_SECONDS, metrics }),
      metrics,
      canaries: models,
      onModelFailure: (model, err) =>
        log.error({ event: "inference_failed", model: model.name, revision: model.revision, err }, "inference failed"),
    });
    const doorkeeper = new Doorkeeper({
      foresee: (call) => encoder.foreseePhoto(models.loaded, call),
      onRefusal: () => metrics.refusals.inc({ reason: "deadline_too_close_to_read" }),
    });
    return [
      implement(
        EncoderService,
        createEncoderService({ models, encoder, streamParallel: config.ENCODER_STREAM_PARALLEL }),
        { encode: doorkeeper.gate },
      ),
      implement(GRPCInferenceService, createOpenInferenceService({ models, encoder, version: config.APP_VERSION })),
    ];
  },
});
