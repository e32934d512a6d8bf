import type { MessageInitShape } from "@bufbuild/protobuf";
import type { GarmentSchema } from "../../gen/flashfit/fusion/v1/wardrobe_pb.ts";
import type { StoredGarment } from "./garment-store.ts";

/** A stored garment as callers see it. */
export function toGarmentMessage({ createdAtMicros, ...garment }: StoredGarment) {
  const createdAt = {
    seconds: createdAtMicros / 1_000_000n,
    nanos: Number(createdAtMicros % 1_000_000n) * 1000,
  };
  return { ...garment, createdAt } satisfies MessageInitShape<typeof GarmentSchema>;
}
