import type { Sql } from "postgres";
import { EventConflict, type SentEvent } from "./event.ts";
import type { SentRecommendation } from "./recommendation.ts";

/** What one call wants to have in the log. */
export type LogCall =
  /** Ids are distinct. */
  { kind: "events"; events: SentEvent[] } | { kind: "recommendation"; recommendation: SentRecommendation };

/** How many rows of a call are new. */
export interface Recorded {
  recorded: number;
}

/** A recommendation's id that is another person's. */
export class RecommendationConflict extends Error {
  override name = "RecommendationConflict";

  constructor(id: string) {
    super(`recommendation id "${id}" was used before for somebody else`);
  }
}

/**
 * Write a group of calls to the log, in one statement and one transaction. An answer for each, in their order; a call
 * whose event id stands for something else already is answered EventConflict, and nothing of it is written.
 *
 * @param calls no id is in two of them
 * @param nowMicros when events without a time happened, microseconds since 1970
 */
export async function record(
  sql: Sql,
  calls: readonly LogCall[],
  nowMicros: bigint,
): Promise<(Recorded | EventConflict | RecommendationConflict)[]> {
  const shown: { recommendation: SentRecommendation; call: number }[] = [];
  const sent: { event: SentEvent; call: number }[] = [];
  for (const [call, one] of calls.entries()) {
    if (one.kind === "recommendation") shown.push({ recommendation: one.recommendation, call });
    else for (const event of one.events) sent.push({ event, call });
  }
  const of = <T>(pick: (one: SentRecommendation) => T) => shown.map((one) => pick(one.recommendation));
  const each = <T>(pick: (one: SentEvent) => T) => sent.map((one) => pick(one.event));
  const rows = await sql<
    { kind: "recommendation" | "events"; call: number; recorded: number; conflicting_id: string | null }[]
  >`
    select * from feedback.record(
      ${of(({ id }) => id)}::text[], ${of(({ userId }) => userId)}::text[], ${of(({ kind }) => kind)}::text[],
      ${of(({ queryItemId }) => queryItemId)}::text[], ${of(({ policy }) => policy)}::text[],
      ${of(({ layout }) => layout)}::text[], ${of(({ message }) => Buffer.from(message).toString("hex"))}::text[],
      ${of(({ createdAtMicros }) => String(createdAtMicros ?? nowMicros))}::bigint[],
      ${sent.map(({ call }) => call)}::integer[], ${each(({ eventId }) => eventId)}::text[],
      ${each(({ userId }) => userId)}::text[], ${each(({ itemId }) => itemId)}::text[],
      ${each(({ action }) => action)}::smallint[], ${each(({ rating }) => rating)}::smallint[],
      ${each(({ recommendationId }) => recommendationId)}::text[],
      ${each(({ occurredAtMicros }) => occurredAtMicros?.toString() ?? null)}::bigint[], ${nowMicros.toString()})`;
  const answers: (Recorded | EventConflict | RecommendationConflict)[] = Array.from(calls, () => ({ recorded: 0 }));
  for (const { kind, call, recorded, conflicting_id: id } of rows) {
    if (kind === "events") answers[call] = id === null ? { recorded } : new EventConflict(id);
    else answers[shown[call - 1]!.call] = id === null ? { recorded } : new RecommendationConflict(id);
  }
  return answers;
}
