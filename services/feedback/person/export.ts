import type { MessageInitShape } from "@bufbuild/protobuf";
import type { Sql } from "postgres";
import type { ExportPersonResponseSchema } from "../../../gen/flashfit/feedback/v1/feedback_pb.ts";
import { databaseErrors } from "../../kit/database.ts";
import { eventMessage } from "../log/event-message.ts";
import { type EventRow, eventColumns, storedEvent } from "../log/list-events.ts";
import { shownInLog } from "../log/read-log.ts";
import type { Profiles } from "../profiles/profile.ts";

type Part = MessageInitShape<typeof ExportPersonResponseSchema>;

/** Rows that are in memory at a time. */
const EVENTS = 500;
const RECOMMENDATIONS = 50;

/** Everything that is kept of a person: the profile, then the events, then the recommendations, each in the order of the log. */
export async function* exportPerson(sql: Sql, profiles: Profiles, userId: string): AsyncGenerator<Part, void> {
  yield { part: { case: "profile", value: await databaseErrors(() => profiles.read(userId)) } };
  const events = pages(EVENTS, (after) =>
    sql<EventRow[]>`
      select ${eventColumns(sql)} from feedback.event
      where user_id = ${userId} and event_seq > ${String(after)} order by event_seq limit ${EVENTS}`.then((rows) =>
      rows.map(storedEvent),
    ),
  );
  for await (const event of events) yield { part: { case: "event", value: eventMessage(event) } };
  const shown = pages(RECOMMENDATIONS, (after) =>
    sql<{ recommendation_seq: string; message: Uint8Array }[]>`
      select recommendation_seq, message from feedback.recommendation
      where user_id = ${userId} and recommendation_seq > ${String(after)} order by recommendation_seq
      limit ${RECOMMENDATIONS}`.then((rows) => rows.map(shownInLog)),
  );
  for await (const { recommendation } of shown) yield { part: { case: "recommendation", value: recommendation } };
}

async function* pages<T extends { seq: bigint }>(
  size: number,
  read: (after: bigint) => Promise<T[]>,
): AsyncGenerator<T, void> {
  for (let after = 0n; ; ) {
    const page = await databaseErrors(() => read(after));
    yield* page;
    const last = page.at(-1);
    if (!last || page.length < size) return;
    after = last.seq;
  }
}
