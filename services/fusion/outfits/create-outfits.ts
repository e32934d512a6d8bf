import type { Sql } from "postgres";
import { OutfitService } from "../../../gen/flashfit/fusion/v1/outfit_pb.ts";
import { type Implementation, implement } from "../../kit/serve.ts";
import { createLookStore } from "./look-store.ts";
import type { OutfitParts } from "./options.ts";
import { createOutfitStore } from "./outfit-store.ts";
import { createOutfitService } from "./service.ts";

/** What Fusion has at hand for outfits. */
export interface OutfitsOptions extends Omit<OutfitParts, "looks" | "outfits"> {
  sql: Sql;
}

/** OutfitService on Fusion's parts. */
export function createOutfits({ sql, ...parts }: OutfitsOptions): Implementation {
  const service = createOutfitService({ ...parts, looks: createLookStore(sql), outfits: createOutfitStore(sql) });
  return implement(OutfitService, service);
}
