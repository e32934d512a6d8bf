import type { Logger } from "../../kit/log.ts";
import type { GarmentStore } from "../garment-store.ts";
import type { Learned } from "../learned/learned.ts";
import type { RecommendationLog } from "../recommendation-log.ts";
import type { Stages } from "../stages.ts";
import type { TasteOf } from "../taste.ts";
import type { Upstreams } from "../upstreams.ts";
import type { ItemsOf } from "../vectors.ts";
import type { LookStore } from "./look-store.ts";
import type { OutfitStore } from "./outfit-store.ts";

/** What outfits are made with. */
export interface OutfitParts {
  upstreams: Pick<Upstreams, "index">;
  store: Pick<GarmentStore, "find">;
  looks: LookStore;
  outfits: OutfitStore;
  learned: Pick<Learned, "common" | "person">;
  tasteOf: TasteOf;
  itemsOf: ItemsOf;
  record: RecommendationLog;
  stages: Stages;
  log: Logger;
  /** Makes recommendation ids. */
  newId: () => string;
  /** Uniform in [0, 1). */
  random: () => number;
  /** How long Feedback may take for the profile, in milliseconds. */
  profileTimeoutMs: number;
}
