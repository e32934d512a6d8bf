import type { MessageInitShape } from "@bufbuild/protobuf";
import t from "tap";
import type { EventSchema } from "../../gen/flashfit/feedback/v1/feedback_pb.ts";
import { addPartitions, dropOldPartitions } from "../../services/feedback/log/retention.ts";
import { startLocalFeedback } from "./support/local-feedback.ts";

t.test("a month of the log is dropped with its ids once it is old and learned, and not before", async (t) => {
  const { sql, client, learned, stop } = await startLocalFeedback({ FEEDBACK_LEARNER: "off" });
  t.teardown(stop);
  t.equal(await addPartitions(sql), 0, "they are there after the start");
  await sql`select feedback.add_partitions('2020-01-15', 2)`;
  const event = (n: number): MessageInitShape<typeof EventSchema> => {
    return { eventId: `e${n}`, userId: "ann", itemId: "a", action: 1 };
  };
  await client.recordEvents({ events: [1, 2, 3].map(event) });
  // Two of the three were recorded long ago.
  await sql`update feedback.event set recorded_at = '2020-01-31T23:30:00Z' where event_id = 'e1'`;
  await sql`update feedback.event set recorded_at = '2020-02-01T00:30:00Z' where event_id = 'e2'`;
  await sql`update feedback.event_key as key set recorded_at = event.recorded_at from feedback.event where event.event_id = key.event_id`;
  const parts = async () =>
    (await sql<{ part: string }[]>`select tableoid::regclass::text as part from feedback.event order by event_seq`).map(
      ({ part }) => part,
    );
  t.match(await parts(), ["feedback.event_2020_01", "feedback.event_2020_02"]);
  t.same(
    (await dropOldPartitions(sql, 30)).filter((part) => part.startsWith("event_")),
    [],
    "nothing of it was learned from",
  );
  await sql`update feedback.learner set learned_seq = 1`;
  t.same(
    (await dropOldPartitions(sql, 30)).filter((part) => part.startsWith("event_")),
    ["event_2020_01"],
  );
  await sql`update feedback.learner set learned_seq = 3`;
  t.same(await dropOldPartitions(sql, 30), ["event_2020_02"]);
  await learned();
  const { events } = await client.listEvents({ userId: "ann" });
  t.same(
    events.map(({ eventId }) => eventId),
    ["e3"],
  );
  t.same([...(await sql`select event_id from feedback.event_key`)], [{ event_id: "e3" }]);
  t.match(
    await client.recordEvents({ events: [1, 3].map(event) }),
    { recorded: 1, duplicates: 1 },
    "a forgotten id is free",
  );
});
