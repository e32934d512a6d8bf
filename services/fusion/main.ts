import { EncoderService } from "../../gen/flashfit/encoder/v1/encoder_pb.ts";
import { FeedbackService } from "../../gen/flashfit/feedback/v1/feedback_pb.ts";
import { FusionService } from "../../gen/flashfit/fusion/v1/fusion_pb.ts";
import { OutfitService } from "../../gen/flashfit/fusion/v1/outfit_pb.ts";
import { WardrobeService } from "../../gen/flashfit/fusion/v1/wardrobe_pb.ts";
import { IndexService } from "../../gen/flashfit/index/v1/index_pb.ts";
import { GRPCInferenceService } from "../../gen/inference/open_inference_grpc_pb.ts";
import { connectDatabase, waitForDatabase } from "../kit/database.ts";
import { migrate } from "../kit/migrate.ts";
import { runService } from "../kit/run.ts";
import { fusionConfig } from "./config.ts";
import { createFusion } from "./create-fusion.ts";
import { keepSweeping } from "./sweeper.ts";

const MIB = 1024 * 1024;
/** Far beyond any deadline of a call that adds, changes or deletes a garment. */
const ABANDONED_AFTER_MS = 300_000;

await runService({
  name: "fusion",
  config: fusionConfig,
  listen: (config) => ({
    host: config.FUSION_HOST,
    port: config.FUSION_PORT,
    metricsPorts: [config.FUSION_METRICS_PORT],
  }),
  services: [FusionService, WardrobeService, OutfitService],
  describe: [EncoderService, GRPCInferenceService, IndexService, FeedbackService],
  async setUp(context, config) {
    const { log, metrics, signal } = context;
    const sql = connectDatabase(config, context);
    await waitForDatabase(sql, signal);
    await migrate(sql, [{ service: "fusion", folder: new URL("./schema/", import.meta.url) }]);
    const fusion = createFusion({
      sql,
      log,
      metrics,
      upstreams: {
        encoder: context.client(EncoderService),
        index: context.client(IndexService),
        feedback: context.client(FeedbackService),
      },
      profileTimeoutMs: config.FUSION_PROFILE_TIMEOUT_MS,
      recordTimeoutMs: config.FUSION_RECORD_TIMEOUT_MS,
      profileMaxAgeMs: config.FUSION_PROFILE_MAX_AGE_MS,
      profileCacheBytes: config.FUSION_PROFILE_CACHE_MB * MIB,
      itemCacheBytes: config.FUSION_ITEM_CACHE_MB * MIB,
      itemMaxAgeMs: config.FUSION_ITEM_MAX_AGE_MS,
      parallelAdds: config.FUSION_PARALLEL_ADDS,
      abandonedAfterMs: ABANDONED_AFTER_MS,
    });
    const sweeping = keepSweeping(fusion.sweep, { signal, log, everyMs: config.FUSION_SWEEP_MS });
    const following = fusion.follow(signal);
    context.onStop(async () => {
      await Promise.all([sweeping, following]);
    });
    return fusion.implementations;
  },
});
