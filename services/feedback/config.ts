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
  FEEDBACK_LEARNER: z
    .enum(["on", "off"])
    .default("on")
    .describe("whether this replica takes its turn at learning from the log; with off it serves only"),
  FEEDBACK_LEARNER_POLL_MS: integerSetting(
    { min: 10, max: 60_000, default: 1000 },
    "longest time between two looks of the learner at the log, milliseconds; PostgreSQL's NOTIFY wakes it before",
  ),
  FEEDBACK_WATCH_COMMON_MS: integerSetting(
    { min: 0, max: 600_000, default: 5000 },
    "shortest time between two messages of WatchLearning with what is common to all people, milliseconds",
  ),
  FEEDBACK_RETENTION_DAYS: integerSetting(
    { min: 0, max: 36_500, default: 0 },
    "days after its end when a month of events and recommendations is dropped; 0: never. What was learned stays",
  ),
});

export type FeedbackConfig = z.infer<typeof feedbackConfig>;
