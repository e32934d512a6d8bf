import { Action, type Event } from "../../../gen/flashfit/feedback/v1/feedback_pb.ts";
import { type FieldViolation, invalidArguments } from "../../kit/errors.ts";
import { unstorable } from "../../kit/storable-text.ts";
import type { SentEvent } from "./event.ts";
import { eventMicros } from "./event-time.ts";

/**
 * Events as they are kept. They keep the rules of the proto already; what those cannot say is checked here.
 *
 * @param fieldOf the path of event n in its request
 * @throws ConnectError InvalidArgument, with every field
 */
export function parseEvents(
  events: readonly Event[],
  fieldOf: (at: number) => string,
  nowMs: number,
  maxAheadMs: number,
): SentEvent[] {
  const violations: FieldViolation[] = [];
  const parsed = events.map((event, at): SentEvent => {
    const { eventId, userId, itemId, action, recommendationId, occurredAt, rating } = event;
    const violate = ({ field, description }: FieldViolation) =>
      violations.push({ field: `${fieldOf(at)}.${field}`, description });
    const texts = { event_id: eventId, user_id: userId, item_id: itemId, recommendation_id: recommendationId };
    unstorable(texts).forEach(violate);
    if (action === Action.RATE && rating === 0) {
      violate({ field: "rating", description: "must be 1 to 5 with ACTION_RATE (got 0)" });
    }
    if (action !== Action.RATE && rating !== 0) {
      violate({ field: "rating", description: `must be 0 unless the action is ACTION_RATE (got ${rating})` });
    }
    let occurredAtMicros: bigint | undefined;
    try {
      occurredAtMicros = occurredAt && eventMicros(occurredAt, nowMs, maxAheadMs);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      violate({ field: "occurred_at", description: error.message });
    }
    return { eventId, userId, itemId, action, rating, recommendationId, occurredAtMicros };
  });
  if (violations.length > 0) throw invalidArguments(violations);
  return parsed;
}
