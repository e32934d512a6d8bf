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
  ENCODER_ACTIVE_FILE: z
    .string()
    .min(1)
    .optional()
    .describe("file that keeps which versions were activated; in a writable folder; default: MODEL_DIR/active.json"),
  ENCODER_FOLLOW_SECONDS: integerSetting(
    { min: 0, max: 3600, default: 5 },
    "how often to look what other Encoders with the same file have activated, seconds; 0 = never",
  ),
  ENCODER_VARIANT: z
    .enum(["fp32", "fp16", "int8", "uint8", "q4"])
    .default("fp32")
    .describe("weights to run where a model has them (onnx/*_quantized.onnx are int8); else those that it has"),
  ENCODER_EXECUTION_PROVIDERS: z
    .string()
    .default("cpu")
    .refine(areProviders, "expected cuda, tensorrt, coreml and cpu with commas between them, the preferred one first")
    .describe("what computes, the preferred one first: cuda, tensorrt, coreml, cpu; one that is not there is left out"),
  ENCODER_PROCESSES: integerSetting({ min: 1, max: 64, default: 1 }, "inference processes for each model"),
  ENCODER_THREADS: integerSetting(
    { min: 0, max: 256, default: 0 },
    "processor threads one inference process may use; 0 = all for a large model, one for a small one",
  ),
  ENCODER_INFERENCE_NICE: integerSetting(
    { min: 0, max: 19, default: 5 },
    "how many levels of priority inference processes stand behind the process that answers calls",
  ),
  ENCODER_MAX_RSS_MB: integerSetting(
    { min: 0, max: 1_048_576, default: 0 },
    "an inference process that has grown beyond this is replaced between two runs, MiB; 0 = no limit",
  ),
  INFERENCE_TIMEOUT: integerSetting(
    { min: 1, max: 3600, default: 30 },
    "an inference that takes longer counts as hung, and its process is replaced; seconds",
  ),
  MAX_BATCH_SIZE: integerSetting({ min: 1, max: 1024, default: 32 }, "photos or texts computed in one run, at most"),
  ENCODER_MAX_DELAY_MS: integerSetting(
    { min: 0, max: 1000, default: 5 },
    "how long a photo or text may wait for company in its batch, milliseconds",
  ),
  ENCODER_MAX_QUEUED: integerSetting(
    { min: 1, max: 100_000, default: 1024 },
    "photos or texts of one priority that may wait for a model; more are refused",
  ),
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

function areProviders(list: string): boolean {
  return list.split(",").every((name) => ["cuda", "tensorrt", "coreml", "cpu"].includes(name.trim().toLowerCase()));
}

export type EncoderConfig = z.infer<typeof encoderConfig>;
