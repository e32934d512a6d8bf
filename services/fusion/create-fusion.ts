import { randomUUID } from "node:crypto";
import type { Sql } from "postgres";
import type { Registry } from "prom-client";
import { FusionService } from "../../gen/flashfit/fusion/v1/fusion_pb.ts";
import { WardrobeService } from "../../gen/flashfit/fusion/v1/wardrobe_pb.ts";
import type { Logger } from "../kit/log.ts";
import { type Implementation, implement } from "../kit/serve.ts";
import { createErasePerson } from "./erase-person.ts";
import { createFusionService } from "./fusion-service.ts";
import { createGarmentChanges } from "./garment-changes.ts";
import { createGarmentErasure } from "./garment-erasure.ts";
import { createGarmentStore } from "./garment-store.ts";
import { createItemCache } from "./item-cache.ts";
import { createLearned } from "./learned/learned.ts";
import { createLearnedMetrics } from "./learned/learned-metrics.ts";
import { createOutfits } from "./outfits/create-outfits.ts";
import { createRecommendationLog } from "./recommendation-log.ts";
import { createStages } from "./stages.ts";
import { createSweep } from "./sweeper.ts";
import { createTasteOf } from "./taste.ts";
import { createUpdater } from "./update-garment.ts";
import type { Upstreams } from "./upstreams.ts";
import { createItemOf, createItemsOf } from "./vectors.ts";
import { createWardrobe } from "./wardrobe.ts";
import { createWardrobeService } from "./wardrobe-service.ts";

export interface FusionOptions {
  sql: Sql;
  upstreams: Upstreams;
  log: Logger;
  metrics: Registry;
  /** How long an answer waits for the person's profile, in milliseconds. */
  profileTimeoutMs: number;
  /** How long an answer waits until it is recorded, in milliseconds. */
  recordTimeoutMs: number;
  /** How long a profile is good for while Feedback does not tell of changes, in milliseconds. */
  profileMaxAgeMs: number;
  /** Memory for profiles and for items, in bytes. */
  profileCacheBytes: number;
  itemCacheBytes: number;
  /** How long what the Index said of an item is good for, in milliseconds. */
  itemMaxAgeMs: number;
  /** How many garments of one AddGarments stream are worked on at a time. */
  parallelAdds: number;
  /** After how long a garment that stopped half way is given up, in milliseconds. */
  abandonedAfterMs: number;
  /** Uniform in [0, 1), for policies that explore; default: Math.random. */
  random?: () => number;
}

/** The services of Fusion, and what has to be done beside answering. */
export interface Fusion {
  implementations: Implementation[];
  /** Removes garments that stopped half way, and ends changes that did; returns how many were removed. */
  sweep(): Promise<number>;
  /** Follows what Feedback learns until the signal is aborted. */
  follow(signal: AbortSignal): Promise<void>;
}

/** All parts of Fusion, put together. */
export function createFusion({
  sql,
  upstreams,
  log,
  metrics,
  profileTimeoutMs,
  recordTimeoutMs,
  profileMaxAgeMs,
  profileCacheBytes,
  itemCacheBytes,
  itemMaxAgeMs,
  parallelAdds,
  abandonedAfterMs,
  random = Math.random,
}: FusionOptions): Fusion {
  const { index, feedback } = upstreams;
  const store = createGarmentStore(sql);
  const changes = createGarmentChanges(sql);
  const stages = createStages(metrics);
  const items = createItemCache({ maxBytes: itemCacheBytes, maxAgeMs: itemMaxAgeMs, metrics });
  const learned = createLearned({
    ...{ feedback, log, cacheBytes: profileCacheBytes, maxAgeMs: profileMaxAgeMs },
    metrics: createLearnedMetrics(metrics),
    onErased: items.forgetOwner,
  });
  const itemsOf = createItemsOf(index, items);
  const answering = {
    ...{ upstreams, store, learned, itemsOf, profileTimeoutMs, stages, log, random, newId: randomUUID },
    itemOf: createItemOf(index, items),
    forgetItem: items.delete,
    tasteOf: createTasteOf({ itemsOf, maxAgeMs: itemMaxAgeMs }),
    record: createRecommendationLog({ feedback, stages, timeoutMs: recordTimeoutMs }),
  };
  const wardrobe = createWardrobe({ upstreams, store, stages });
  const updater = createUpdater({ changes, store, upstreams, stages, log, onChange: items.delete });
  const erasePerson = createErasePerson({
    ...{ upstreams, stages, garments: createGarmentErasure(sql) },
    forget: learned.forget,
  });
  const sweepGarments = createSweep({ store, index, stages, log, olderThanMs: abandonedAfterMs });
  return {
    implementations: [
      implement(FusionService, createFusionService(answering)),
      implement(WardrobeService, createWardrobeService({ wardrobe, store, updater, erasePerson, parallelAdds })),
      createOutfits({ sql, ...answering }),
    ],
    async sweep() {
      const removed = await sweepGarments();
      await updater.catchUp(abandonedAfterMs);
      return removed;
    },
    follow: learned.follow,
  };
}
