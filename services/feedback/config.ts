import { z } from "zod";
import { commonSettings, databaseSettings, integerSetting, portSetting } from "../kit/config.ts";

/** Every setting that Feedback reads. */
export const feedbackConfig = z.object({
  ...commonSettings,
  ...databaseSettings,
  FEEDBACK_HOST: z.string().default("127.0.0.1").describe("address that Feedback listens on"),
  FEEDBACK_PORT: portSetting(50054, "RPC port of Feedback"),
  FEEDBACK_METRICS_PORT: portSetting(9104, "HTTP port of Feedback's /metrics"),
  FEEDBACK_MAX_AHEAD_MS: integerSetting(
    { min: 0, max: 86_400_000, default: 300_000 },
    "how far ahead of our clock an event's occurred_at may lie, milliseconds",
  ),
});

export type FeedbackConfig = z.infer<typeof feedbackConfig>;
