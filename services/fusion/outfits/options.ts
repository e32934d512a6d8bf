import type { RecommendOptions } from "../recommend.ts";
import type { LookStore } from "./look-store.ts";
import type { OutfitStore } from "./outfit-store.ts";

/** What outfits are made with. */
export interface OutfitParts extends RecommendOptions {
  looks: LookStore;
  outfits: OutfitStore;
}
