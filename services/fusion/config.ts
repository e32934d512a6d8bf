import { z } from "zod";
import { commonSettings, databaseSettings } from "../kit/config.ts";

/** Every setting that Fusion reads. */
export const fusionConfig = z.object({
  ...commonSettings,
  ...databaseSettings,
  FUSION_HOST: z.string().default("127.0.0.1").describe("address that Fusion listens on"),
  FUSION_PORT: z.coerce
    .number()
    .int()
    .min(0)
    .max(65535)
    .default(50053)
    .describe("RPC port of Fusion; 0 = any free port"),
  FUSION_METRICS_PORT: z.coerce
    .number()
    .int()
    .min(0)
    .max(65535)
    .default(9103)
    .describe("HTTP port of Fusion's /metrics; 0 = any free port"),
  FUSION_PROFILE_TIMEOUT_MS: z.coerce
    .number()
    .int()
    .min(1)
    .max(60_000)
    .default(1000)
    .describe("how long a recommendation waits for the person's profile before it goes on without, milliseconds"),
  FUSION_PARALLEL_ADDS: z.coerce
    .number()
    .int()
    .min(1)
    .max(64)
    .default(4)
    .describe("how many garments of one AddGarments stream are worked on at a time"),
  FUSION_SWEEP_MS: z.coerce
    .number()
    .int()
    .min(1000)
    .default(60_000)
    .describe("how often garments that stopped half way are looked for, milliseconds"),
});

export type FusionConfig = z.infer<typeof fusionConfig>;
