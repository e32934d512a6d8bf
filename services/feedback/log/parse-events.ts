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
    const field = fieldOf(at);
    const ids = { [`${field}.event_id`]: eventId, [`${field}.user_id`]: userId, [`${field}.item_id`]: itemId };
    violations.push(...unstorable({ ...ids, [`${field}.recommendation_id`]: recommendationId }));
    if (action === Action.RATE && rating === 0) {
      violations.push({ field: `${field}.rating`, description: "must be 1 to 5 with ACTION_RATE (got 0)" });
    }
    if (action !== Action.RATE && rating !== 0) {
      violations.push({
        field: `${field}.rating`,
        description: `must be 0 unless the action is ACTION_RATE (got ${rating})`,
      });
    }
    let occurredAtMicros: bigint | undefined;
    try {
      occurredAtMicros = occurredAt && eventMicros(occurredAt, nowMs, maxAheadMs);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      violations.push({ field: `${field}.occurred_at`, description: error.message });
    }
    return { eventId, userId, itemId, action, rating, recommendationId, occurredAtMicros };
  });
  if (violations.length > 0) throw invalidArguments(violations);
  return parsed;
}
