import { EncoderService } from "../../gen/flashfit/encoder/v1/encoder_pb.ts";
import { FeedbackService } from "../../gen/flashfit/feedback/v1/feedback_pb.ts";
import { FusionService } from "../../gen/flashfit/fusion/v1/fusion_pb.ts";
import { WardrobeService } from "../../gen/flashfit/fusion/v1/wardrobe_pb.ts";
import { IndexService } from "../../gen/flashfit/index/v1/index_pb.ts";
import { connectDatabase, waitForDatabase } from "../kit/database.ts";
import { migrate } from "../kit/migrate.ts";
import { implement, runService } from "../kit/run.ts";
import { feedbackConfig } from "./config.ts";
import { startFeedback } from "./start.ts";

await runService({
  name: "feedback",
  config: feedbackConfig,
  listen: (config) => ({
    host: config.FEEDBACK_HOST,
    port: config.FEEDBACK_PORT,
    metricsPorts: [config.FEEDBACK_METRICS_PORT],
  }),
  services: [FeedbackService],
  describe: [EncoderService, IndexService, FusionService, WardrobeService],
  async setUp(context, config) {
    const sql = connectDatabase(config, context);
    await waitForDatabase(sql, context.signal);
    await migrate(sql, [{ service: "feedback", folder: new URL("./schema/", import.meta.url) }]);
    const { service, stopped } = await startFeedback({ ...context, sql, config });
    context.onStop(() => stopped);
    return [implement(FeedbackService, service)];
  },
});
