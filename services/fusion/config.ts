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
  FUSION_RECORD_TIMEOUT_MS: integerSetting(
    { min: 1, max: 60_000, default: 1000 },
    "how long a recommendation waits until Feedback has recorded it before it goes on without, milliseconds",
  ),
  FUSION_PROFILE_MAX_AGE_MS: integerSetting(
    { min: 0, max: 3_600_000, default: 30_000 },
    "how long a profile is good for while Feedback does not tell of changes, milliseconds",
  ),
  FUSION_PROFILE_CACHE_MB: integerSetting({ min: 1, max: 65_536, default: 64 }, "memory for people's profiles, MiB"),
  FUSION_ITEM_CACHE_MB: integerSetting(
    { min: 1, max: 65_536, default: 64 },
    "memory for garments' vectors that ranking asked the Index for, MiB",
  ),
  FUSION_ITEM_MAX_AGE_MS: integerSetting(
    { min: 0, max: 86_400_000, default: 300_000 },
    "how long what the Index said of a garment is good for when ranking, milliseconds",
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
