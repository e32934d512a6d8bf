import { create, toBinary } from "@bufbuild/protobuf";
import { RecommendationSchema } from "../../../gen/flashfit/feedback/v1/feedback_pb.ts";
import { bytesFromFloats } from "../../kit/vector.ts";
import type { Shown } from "../recommendation-log.ts";
import { LAYOUT } from "./layout.ts";

/** An outfit as it was shown. */
export interface ShownOutfit {
  id: string;
  score: number;
  propensity: number;
  otherPropensities: Record<string, number>;
  features: Float32Array;
}

export interface ShownOutfits {
  id: string;
  /** Empty: nobody in particular. */
  userId: string;
  policy: string;
  /** The first of the garments that were given; empty: none was. */
  queryItemId: string;
  /** Best first. */
  outfits: readonly ShownOutfit[];
}

/** A list of outfits as Feedback learns of it. */
export function shownOutfits({ outfits, ...whose }: ShownOutfits): Shown {
  const items = outfits.map(({ id, features, ...chances }) => {
    return { itemId: id, ...chances, features: bytesFromFloats(features) };
  });
  const encoded = toBinary(RecommendationSchema, create(RecommendationSchema, { items }));
  return { ...whose, kind: "outfit", layout: LAYOUT, items: encoded, weights: {}, expectedFeatures: {} };
}
