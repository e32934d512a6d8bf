import type { Action } from "../../../gen/flashfit/feedback/v1/feedback_pb.ts";

/** One thing that a person did, as it is sent. */
export interface SentEvent {
  eventId: string;
  userId: string;
  itemId: string;
  action: Action;
  /** 1 to 5 with ACTION_RATE, 0 with every other action. */
  rating: number;
  /** "" if no recommendation showed the item. */
  recommendationId: string;
  /** Microseconds since 1970; undefined: when it arrived. */
  occurredAtMicros: bigint | undefined;
}

/** An event as it is kept. */
export interface StoredEvent extends SentEvent {
  /** Its place in the order of recording. */
  seq: bigint;
  occurredAtMicros: bigint;
}

/** Whether two events of one id say the same; a time that was not sent is not compared. */
function sameContent(a: SentEvent, b: SentEvent): boolean {
  return (
    a.userId === b.userId &&
    a.itemId === b.itemId &&
    a.action === b.action &&
    a.rating === b.rating &&
    a.recommendationId === b.recommendationId &&
    (a.occurredAtMicros === undefined || b.occurredAtMicros === undefined || a.occurredAtMicros === b.occurredAtMicros)
  );
}

/** One event id that stands for two different events. */
export class EventConflict extends Error {
  override name = "EventConflict";
  readonly eventId: string;

  constructor(eventId: string) {
    super(`event id "${eventId}" was used before for something else; nothing of its call is stored`);
    this.eventId = eventId;
  }
}

/**
 * Every event of a batch once, in its order; the one that has a time counts if a twin has none.
 *
 * @throws EventConflict if one id stands for two different events.
 */
export function distinctEvents(events: SentEvent[]): SentEvent[] {
  const byId = new Map<string, SentEvent>();
  for (const event of events) {
    const twin = byId.get(event.eventId);
    if (twin && !sameContent(twin, event)) throw new EventConflict(event.eventId);
    if (!twin || twin.occurredAtMicros === undefined) byId.set(event.eventId, event);
  }
  return [...byId.values()];
}
