import type { MessageInitShape } from "@bufbuild/protobuf";
import type { GarmentSchema, NewGarment } from "../../gen/flashfit/fusion/v1/wardrobe_pb.ts";
import { requireStorable } from "../kit/storable-text.ts";
import { timestampFromMicros } from "../kit/timestamp.ts";
import type { StoredGarment } from "./garment-store.ts";

/** A stored garment as callers see it. */
export function toGarmentMessage({ createdAtMicros, ...garment }: StoredGarment) {
  return { ...garment, createdAt: timestampFromMicros(createdAtMicros) } satisfies MessageInitShape<
    typeof GarmentSchema
  >;
}

/** Throws InvalidArgument, naming the fields, for text of a garment that PostgreSQL cannot keep. */
export function requireStorableGarment({ ownerId, category, colour, tags }: Omit<NewGarment, "$typeName">): void {
  requireStorable({
    "garment.owner_id": ownerId,
    "garment.category": category,
    "garment.colour": colour,
    "garment.tags": tags.join(" "),
  });
}
