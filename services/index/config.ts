import { z } from "zod";
import { commonSettings, databaseSettings, integerSetting, portSetting } from "../kit/config.ts";

const MODELS = /^[a-z0-9][a-z0-9._-]*=[a-z0-9][a-z0-9_-]*(,[a-z0-9][a-z0-9._-]*=[a-z0-9][a-z0-9_-]*)*$/;

/** Every setting that the Index reads. */
export const indexConfig = z.object({
  ...commonSettings,
  ...databaseSettings,
  INDEX_HOST: z.string().default("127.0.0.1").describe("address that the Index listens on"),
  INDEX_PORT: portSetting(50052, "RPC port of the Index"),
  INDEX_METRICS_PORT: portSetting(9102, "HTTP port of the Index's /metrics"),
  FAISS_METRICS_PORT: portSetting(9091, "second HTTP port of the same /metrics, where the old monitor is looked for"),
  INDEX_MODELS: z
    .string()
    .regex(MODELS, "expected model=index pairs with commas between them")
    .default("clip=clip_fashion,blip=blip_fashion,fashion=fashion_specific")
    .describe("which model's vectors fill which index"),
  INDEX_POLL_MS: integerSetting(
    { min: 10, max: 60_000, default: 1000 },
    "how often the change log is looked at when no notification arrives, milliseconds",
  ),
});

export type IndexConfig = z.infer<typeof indexConfig>;

/** The pairs of INDEX_MODELS, model to index name. */
export function parseModels(text: string): Map<string, string> {
  return new Map(text.split(",").map((pair) => pair.split("=") as [string, string]));
}
