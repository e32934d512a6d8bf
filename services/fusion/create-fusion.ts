import { randomUUID } from "node:crypto";
import type { Sql } from "postgres";
import type { Registry } from "prom-client";
import { FusionService } from "../../gen/flashfit/fusion/v1/fusion_pb.ts";
import { WardrobeService } from "../../gen/flashfit/fusion/v1/wardrobe_pb.ts";
import type { Logger } from "../kit/log.ts";
import { type Implementation, implement } from "../kit/serve.ts";
import { createFusionService } from "./fusion-service.ts";
import { createGarmentStore } from "./garment-store.ts";
import { createRecommendationLog } from "./recommendation-log.ts";
import { createStages } from "./stages.ts";
import { createSweep } from "./sweeper.ts";
import type { Upstreams } from "./upstreams.ts";
import { createWardrobe } from "./wardrobe.ts";
import { createWardrobeService } from "./wardrobe-service.ts";

export interface FusionOptions {
  sql: Sql;
  upstreams: Upstreams;
  log: Logger;
  metrics: Registry;
  /** How long a recommendation waits for the person's profile, in milliseconds; default 1,000. */
  profileTimeoutMs?: number;
  /** How many garments of one AddGarments stream are worked on at a time; default 4. */
  parallelAdds?: number;
  /** After how long a garment that stopped half way is given up, in milliseconds; default 5 minutes. */
  abandonedAfterMs?: number;
}

/** The two services of Fusion, and what has to be done now and then. */
export interface Fusion {
  implementations: Implementation[];
  /** Removes garments that stopped half way; returns how many. */
  sweep(): Promise<number>;
}

/** All parts of Fusion, put together. */
export function createFusion({
  sql,
  upstreams,
  log,
  metrics,
  profileTimeoutMs = 1000,
  parallelAdds = 4,
  abandonedAfterMs,
}: FusionOptions): Fusion {
  const store = createGarmentStore(sql);
  const stages = createStages(metrics);
  const record = createRecommendationLog(sql);
  const wardrobe = createWardrobe({ upstreams, store, stages });
  const recommending = { upstreams, store, record, newId: randomUUID, profileTimeoutMs, stages, log };
  return {
    implementations: [
      implement(FusionService, createFusionService(recommending)),
      implement(WardrobeService, createWardrobeService({ wardrobe, store, parallelAdds })),
    ],
    sweep: createSweep({ store, index: upstreams.index, stages, log, olderThanMs: abandonedAfterMs }),
  };
}
