import { toBinary } from "@bufbuild/protobuf";
import { type Recommendation, RecommendationSchema } from "../../../gen/flashfit/feedback/v1/feedback_pb.ts";
import { type FieldViolation, invalidArguments } from "../../kit/errors.ts";
import { unstorable } from "../../kit/storable-text.ts";
import { eventMicros } from "./event-time.ts";

/** A recommendation as it is kept: what is asked for by itself, and the whole message. */
export interface SentRecommendation {
  id: string;
  /** "": nobody in particular. */
  userId: string;
  kind: string;
  queryItemId: string;
  policy: string;
  layout: string;
  /** Protobuf. */
  message: Uint8Array;
  /** Microseconds since 1970; undefined: when it arrived. */
  createdAtMicros: bigint | undefined;
}

/** @throws ConnectError InvalidArgument for text that cannot be kept, or a time that cannot be. */
export function sentRecommendation(message: Recommendation, nowMs: number, maxAheadMs: number): SentRecommendation {
  const { id, userId, kind, queryItemId, policy, layout, createdAt } = message;
  const field = (name: string) => `recommendation.${name}`;
  const violations: FieldViolation[] = unstorable({
    [field("id")]: id,
    [field("user_id")]: userId,
    [field("kind")]: kind,
    [field("query_item_id")]: queryItemId,
    [field("policy")]: policy,
    [field("layout")]: layout,
  });
  const itemIds = message.items.map(({ itemId }, at) => [field(`items[${at}].item_id`), itemId]);
  violations.push(...unstorable(Object.fromEntries(itemIds)));
  let createdAtMicros: bigint | undefined;
  try {
    createdAtMicros = createdAt && eventMicros(createdAt, nowMs, maxAheadMs);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    violations.push({ field: field("created_at"), description: error.message });
  }
  if (violations.length > 0) throw invalidArguments(violations);
  const bytes = toBinary(RecommendationSchema, message);
  return { id, userId, kind, queryItemId, policy, layout, message: bytes, createdAtMicros };
}
