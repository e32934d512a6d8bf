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
  return sql.begin(async (tx) => {
    // Taken before the next statement's snapshot: what that one compares with is final.
    await tx`select last_seq from feedback.log_position for update`;
    const [row] = await tx<{ recorded: number; conflict: string | null }[]>`
      with sent as (
        select s.*, timestamptz 'epoch' + micros * interval '1 microsecond' as occurred_at
        from unnest(
          ${distinct.map((event) => event.eventId)}::text[], ${distinct.map((event) => event.userId)}::text[],
          ${distinct.map((event) => event.itemId)}::text[], ${distinct.map((event) => event.action)}::smallint[],
          ${distinct.map((event) => event.recommendationId)}::text[],
          ${distinct.map((event) => event.occurredAtMicros?.toString() ?? null)}::bigint[]
        ) with ordinality as s (event_id, user_id, item_id, action, recommendation_id, micros, at)
      ), conflict as (
        select event_id from sent join feedback.event as kept using (event_id)
        where (kept.user_id, kept.item_id, kept.action, kept.recommendation_id)
            <> (sent.user_id, sent.item_id, sent.action, sent.recommendation_id)
          or kept.occurred_at <> sent.occurred_at
        order by at limit 1
      ), added as (
        insert into feedback.event
          (event_seq, event_id, user_id, item_id, action, recommendation_id, occurred_at)
        select (select last_seq from feedback.log_position) + row_number() over (order by at),
          event_id, user_id, item_id, action, recommendation_id,
          coalesce(occurred_at, timestamptz 'epoch' + ${nowMicros.toString()}::bigint * interval '1 microsecond')
        from sent
        where not exists (select from conflict) and not exists (select from feedback.event as kept where kept.event_id = sent.event_id)
        returning event_seq
      ), counted as (
        update feedback.log_position set last_seq = last_seq + (select count(*) from added)
      )
      select (select count(*)::int from added) as recorded, (select event_id from conflict) as conflict`;
    const { recorded, conflict } = row!;
    if (conflict !== null) throw new EventConflict(conflict);
    return { recorded, duplicates: events.length - recorded };
  });
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
