import type { Sql } from "postgres";
import type { Action } from "../../../gen/flashfit/feedback/v1/feedback_pb.ts";
import type { StoredEvent } from "./event.ts";
import type { PageEnd } from "./page-token.ts";

export interface EventRow {
  event_seq: string;
  event_id: string;
  user_id: string;
  item_id: string;
  action: Action;
  rating: number;
  recommendation_id: string;
  micros: string;
}

/** The columns of an EventRow. */
export const eventColumns = (sql: Sql) => sql`event_seq, event_id, user_id, item_id, action, rating, recommendation_id,
  (extract(epoch from occurred_at) * 1000000)::bigint as micros`;

export function storedEvent(row: EventRow): StoredEvent {
  return {
    seq: BigInt(row.event_seq),
    eventId: row.event_id,
    userId: row.user_id,
    itemId: row.item_id,
    action: row.action,
    rating: row.rating,
    recommendationId: row.recommendation_id,
    occurredAtMicros: BigInt(row.micros),
  };
}

/** A person's events behind `after`, newest first, at most `limit`. */
export async function listEvents(
  sql: Sql,
  userId: string,
  after: PageEnd | undefined,
  limit: number,
): Promise<StoredEvent[]> {
  const behind = after
    ? sql`and (occurred_at, event_seq) < (
        timestamptz 'epoch' + ${after.occurredAtMicros.toString()}::bigint * interval '1 microsecond',
        ${after.seq.toString()}::bigint)`
    : sql``;
  const rows = await sql<EventRow[]>`
    select ${eventColumns(sql)} from feedback.event where user_id = ${userId} ${behind}
    order by occurred_at desc, event_seq desc limit ${limit}`;
  return rows.map(storedEvent);
}
