import type { Sql } from "postgres";
import type { Action } from "../../gen/flashfit/feedback/v1/feedback_pb.ts";
import { distinctEvents, EventConflict, type SentEvent, type StoredEvent } from "./event.ts";
import type { PageEnd } from "./page-token.ts";

interface EventRow {
  event_seq: string;
  event_id: string;
  user_id: string;
  item_id: string;
  action: Action;
  recommendation_id: string;
  micros: string;
}

/**
 * Store those events that are new, in one transaction and in their order.
 *
 * @throws EventConflict if an id stands for something else already; then nothing of the batch is stored.
 */
export async function recordEvents(
  sql: Sql,
  events: SentEvent[],
  nowMicros: bigint,
): Promise<{ recorded: number; duplicates: number }> {
  const distinct = distinctEvents(events);
  const [row] = await sql<{ recorded: number; conflicting_id: string | null }[]>`
    select * from feedback.record_events(
      ${distinct.map((event) => event.eventId)}::text[], ${distinct.map((event) => event.userId)}::text[],
      ${distinct.map((event) => event.itemId)}::text[], ${distinct.map((event) => event.action)}::smallint[],
      ${distinct.map((event) => event.recommendationId)}::text[],
      ${distinct.map((event) => event.occurredAtMicros?.toString() ?? null)}::bigint[], ${nowMicros.toString()})`;
  const { recorded, conflicting_id } = row!;
  if (conflicting_id !== null) throw new EventConflict(conflicting_id);
  return { recorded, duplicates: events.length - recorded };
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
    select event_seq, event_id, user_id, item_id, action, recommendation_id,
      (extract(epoch from occurred_at) * 1000000)::bigint as micros
    from feedback.event where user_id = ${userId} ${behind}
    order by occurred_at desc, event_seq desc limit ${limit}`;
  return rows.map((row) => ({
    seq: BigInt(row.event_seq),
    eventId: row.event_id,
    userId: row.user_id,
    itemId: row.item_id,
    action: row.action,
    recommendationId: row.recommendation_id,
    occurredAtMicros: BigInt(row.micros),
  }));
}
