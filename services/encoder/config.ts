import { z } from "zod";
import { cacheSettings, commonSettings, integerSetting, portSetting } from "../kit/config.ts";

/**
 * Key in Valkey whose value is the epoch of the cache of answers: any bytes, at most 255, absent as good as empty. An
 * answer kept under another epoch is as if it were not there. So `SET encoder:cache:epoch <anything new>` clears the cache
 * for all Encoders at once; what was kept ends with its own lifetime. Take a value that was never used (the time, a UUID)
 * and no counter: a counter that was evicted would begin anew.
 */
export const CACHE_EPOCH_KEY = "encoder:cache:epoch";

/** Every setting of the Encoder. */
export const encoderConfig = z.object({
  ...commonSettings,
  ...cacheSettings,
  ENCODER_HOST: z.string().min(1).default("127.0.0.1").describe("address that the Encoder listens on"),
  ENCODER_PORT: portSetting(50051, "RPC port of the Encoder"),
  ENCODER_METRICS_PORT: portSetting(9101, "HTTP port of the Encoder's /metrics"),
  MODEL_DIR: z
    .string()
    .min(1)
    .default("./models")
    .describe("models as <name>/<version>/ in Hugging Face's ONNX layout"),
  ENCODER_THREADS: integerSetting({ min: 1, max: 256, default: 1 }, "processor threads one inference may use"),
  ENCODER_DECODES: integerSetting({ min: 1, max: 64, default: 2 }, "photos decoded at the same time"),
  ENCODER_DECODES_WAITING: integerSetting(
    { min: 0, max: 10_000, default: 64 },
    "photos that may wait to be decoded; more are refused",
  ),
  ENCODER_STREAM_PARALLEL: integerSetting(
    { min: 1, max: 256, default: 16 },
    "requests of one EncodeStream that are worked on at the same time",
  ),
  ENCODER_CACHE_SECONDS: integerSetting(
    { min: 1, max: 31_536_000, default: 86_400 },
    "how long an embedding stays in the cache, seconds",
  ),
});

export type EncoderConfig = z.infer<typeof encoderConfig>;
