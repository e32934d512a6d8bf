import { fromBinary } from "@bufbuild/protobuf";
import type { Sql } from "postgres";
import { type Recommendation, RecommendationSchema } from "../../../gen/flashfit/feedback/v1/feedback_pb.ts";
import type { StoredEvent } from "./event.ts";
import { type EventRow, eventColumns, storedEvent } from "./list-events.ts";

/** An entry of the log as it is stored. */
export type StoredEntry =
  | { kind: "event"; seq: bigint; event: StoredEvent }
  | { kind: "recommendation"; seq: bigint; recommendation: Recommendation }
  | { kind: "reset"; seq: bigint; userId: string }
  | { kind: "prior"; seq: bigint; priors: Uint8Array };

/** A recommendation with its place in the log. */
export interface ShownInLog {
  seq: bigint;
  recommendation: Recommendation;
}

interface ShownRow {
  recommendation_seq: string;
  message: Uint8Array;
}

/**
 * The entries behind `after` up to `upTo`, in their order; of people who were erased there are none. `upTo` is at most a
 * number that was given out and committed before: then no entry between can come later.
 */
export async function readEntries(sql: Sql, after: bigint, upTo: bigint): Promise<StoredEntry[]> {
  const [from, to] = [String(after), String(upTo)];
  const [events, shown, resets, priors] = await Promise.all([
    sql<EventRow[]>`select ${eventColumns(sql)} from feedback.event
      where event_seq > ${from} and event_seq <= ${to} order by event_seq`,
    sql<ShownRow[]>`select recommendation_seq, message from feedback.recommendation
      where recommendation_seq > ${from} and recommendation_seq <= ${to} order by recommendation_seq`,
    sql<{ reset_seq: string; user_id: string }[]>`select reset_seq, user_id from feedback.reset
      where reset_seq > ${from} and reset_seq <= ${to} order by reset_seq`,
    sql<{ prior_seq: string; priors: Uint8Array }[]>`select prior_seq, priors from feedback.prior
      where prior_seq > ${from} and prior_seq <= ${to} order by prior_seq`,
  ]);
  const entries: StoredEntry[] = [
    ...events.map(eventEntry),
    ...shown.map((row) => ({ kind: "recommendation" as const, ...shownInLog(row) })),
    ...resets.map((row) => ({ kind: "reset" as const, seq: BigInt(row.reset_seq), userId: row.user_id })),
    ...priors.map((row) => ({ kind: "prior" as const, seq: BigInt(row.prior_seq), priors: row.priors })),
  ];
  return entries.sort(inOrder);
}

/** A person's events and fresh starts behind `after`, in their order, at most `limit` of each. */
export async function readPersonEntries(
  sql: Sql,
  userId: string,
  after: bigint,
  limit: number,
): Promise<StoredEntry[]> {
  const from = String(after);
  const [events, resets] = await Promise.all([
    sql<EventRow[]>`select ${eventColumns(sql)} from feedback.event
      where user_id = ${userId} and event_seq > ${from} order by event_seq limit ${limit}`,
    sql<{ reset_seq: string }[]>`select reset_seq from feedback.reset
      where user_id = ${userId} and reset_seq > ${from} order by reset_seq limit ${limit}`,
  ]);
  const entries: StoredEntry[] = [
    ...events.map(eventEntry),
    ...resets.map((row) => ({ kind: "reset" as const, seq: BigInt(row.reset_seq), userId })),
  ];
  return entries.sort(inOrder).slice(0, limit);
}

/** Recommendations by their ids, with their place in the log. */
export async function readShown(sql: Sql, ids: readonly string[]): Promise<Map<string, ShownInLog>> {
  if (ids.length === 0) return new Map();
  const rows = await sql<ShownRow[]>`
    select shown.recommendation_seq, shown.message
    from feedback.recommendation_key as key
      join feedback.recommendation as shown
        on shown.recommendation_seq = key.recommendation_seq and shown.recorded_at = key.recorded_at
    where key.recommendation_id = any(${[...ids]}::text[])`;
  return new Map(rows.map(shownInLog).map((one) => [one.recommendation.id, one]));
}

export function shownInLog({ recommendation_seq, message }: ShownRow): ShownInLog {
  return { seq: BigInt(recommendation_seq), recommendation: fromBinary(RecommendationSchema, new Uint8Array(message)) };
}

function eventEntry(row: EventRow): StoredEntry {
  const event = storedEvent(row);
  return { kind: "event", seq: event.seq, event };
}

function inOrder(a: StoredEntry, b: StoredEntry): number {
  return a.seq < b.seq ? -1 : 1;
}
