import type { Logger } from "../../kit/log.ts";
import type { GarmentStore } from "../garment-store.ts";
import type { Stages } from "../stages.ts";
import type { Upstreams } from "../upstreams.ts";
import type { VectorsOf } from "../vectors.ts";
import type { LearnedSource } from "./learning.ts";
import type { LookStore } from "./look-store.ts";
import type { OutfitStore } from "./outfit-store.ts";

/** What outfits are made with. */
export interface OutfitParts {
  upstreams: Pick<Upstreams, "index" | "feedback">;
  store: Pick<GarmentStore, "find">;
  looks: LookStore;
  outfits: OutfitStore;
  learned: LearnedSource;
  vectorsOf: VectorsOf;
  stages: Stages;
  log: Logger;
  /** Makes recommendation ids. */
  newId: () => string;
  /** Uniform in [0, 1). */
  random: () => number;
  /** How long Feedback may take for the profile, in milliseconds. */
  profileTimeoutMs: number;
}
