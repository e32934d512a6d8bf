import { z } from "zod";
import { cacheSettings, commonSettings } from "../kit/config.ts";

const port = z.coerce.number().int().min(0).max(65535);
const count = z.coerce.number().int();

/** Every setting of the Encoder. */
export const encoderConfig = z.object({
  ...commonSettings,
  ...cacheSettings,
  ENCODER_HOST: z.string().min(1).default("127.0.0.1").describe("address the Encoder listens on"),
  ENCODER_PORT: port.default(50051).describe("port of the Encoder; 0 takes any free one"),
  ENCODER_METRICS_PORT: port.default(9101).describe("port of the Encoder's /metrics; 0 takes any free one"),
  MODEL_DIR: z
    .string()
    .min(1)
    .default("./models")
    .describe("models as <name>/<version>/ in Hugging Face's ONNX layout"),
  ENCODER_THREADS: count.min(1).max(256).default(1).describe("processor threads one inference may use"),
  ENCODER_DECODES: count.min(1).max(64).default(2).describe("photos decoded at the same time"),
  ENCODER_DECODES_WAITING: count
    .min(0)
    .max(10_000)
    .default(64)
    .describe("photos that may wait to be decoded; more are refused"),
  ENCODER_CACHE_SECONDS: count.min(1).default(86_400).describe("how long an embedding stays in the cache"),
});

export type EncoderConfig = z.infer<typeof encoderConfig>;
