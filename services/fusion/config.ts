import { z } from "zod";
import { commonSettings, databaseSettings, integerSetting, portSetting } from "../kit/config.ts";

/** Every setting that Fusion reads. */
export const fusionConfig = z.object({
  ...commonSettings,
  ...databaseSettings,
  FUSION_HOST: z.string().min(1).default("127.0.0.1").describe("address that Fusion listens on"),
  FUSION_PORT: portSetting(50053, "RPC port of Fusion"),
  FUSION_METRICS_PORT: portSetting(9103, "HTTP port of Fusion's /metrics"),
  FUSION_PROFILE_TIMEOUT_MS: integerSetting(
    { min: 1, max: 60_000, default: 1000 },
    "how long a recommendation waits for the person's profile before it goes on without, milliseconds",
  ),
  FUSION_PARALLEL_ADDS: integerSetting(
    { min: 1, max: 64, default: 4 },
    "how many garments of one AddGarments stream are worked on at a time",
  ),
  FUSION_SWEEP_MS: integerSetting(
    { min: 1000, max: 86_400_000, default: 60_000 },
    "how often garments that stopped half way are looked for, milliseconds",
  ),
});

export type FusionConfig = z.infer<typeof fusionConfig>;
