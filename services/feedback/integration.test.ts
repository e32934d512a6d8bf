import { Code } from "@connectrpc/connect";
import t from "tap";
import { Action } from "../../gen/flashfit/feedback/v1/feedback_pb.ts";
import { startLocalFeedback } from "../../test/feedback/support/local-feedback.ts";
import { again, refusal } from "../../test/support/calls.ts";

const NOW_MS = Date.UTC(2026, 10, 21, 12);
const at = (second: number, nanos = 0) => ({ seconds: BigInt(NOW_MS / 1000 - 10_000 + second), nanos });

t.test("Feedback on a real PostgreSQL", async (t) => {
  const { server, sql, client, stop } = await startLocalFeedback({ FEEDBACK_MAX_AHEAD_MS: "60000" }, () => NOW_MS);
  t.teardown(stop);
  const like = (
    eventId: string,
    userId: string,
    itemId: string,
    more: { action?: Action; occurredAt?: object } = {},
  ) => ({
    eventId,
    userId,
    itemId,
    action: Action.LIKE,
    ...more,
  });
  const counts = async (events: object[]) => {
    const { recorded, duplicates } = await client.recordEvents({ events });
    return [recorded, duplicates];
  };

  await t.test("an event counts once, within a batch and over batches", async (t) => {
    const event = like("e1", "ann", "shirt", { occurredAt: at(0, 123_456_789) });
    t.same(await counts([event, event]), [1, 1]);
    t.same(await counts([event, like("e2", "ann", "hat")]), [1, 1]);
    t.same(
      await counts([like("e1", "ann", "shirt"), like("e2", "ann", "hat")]),
      [0, 2],
      "a time not sent is not compared",
    );
    const { events } = await client.listEvents({ userId: "ann" });
    t.same(
      events.map((one) => one.eventId),
      ["e2", "e1"],
    );
    t.match(events[1]?.occurredAt, at(0, 123_456_000), "microseconds are kept");
    t.equal(events[0]?.occurredAt?.seconds, BigInt(NOW_MS / 1000), "unset: when it arrived");
  });

  await t.test("an id that was used for something else refuses the whole batch", async (t) => {
    for (const other of [
      like("e1", "ann", "coat"),
      like("e1", "bob", "shirt"),
      like("e1", "ann", "shirt", { action: Action.SKIP }),
      like("e1", "ann", "shirt", { occurredAt: at(1) }),
    ]) {
      const error = await refusal(client.recordEvents({ events: [like("new", "ann", "sock"), other] }));
      t.equal(error.code, Code.AlreadyExists);
      t.match(error.rawMessage, /^event id "e1" was used before/);
    }
    const twins = [like("twin", "ann", "a"), like("twin", "ann", "b")];
    t.equal((await refusal(client.recordEvents({ events: twins }))).code, Code.AlreadyExists);
    t.equal((await client.getProfile({ userId: "ann" })).profile?.eventCount, 2n);
  });

  await t.test("times that cannot be, and texts that cannot be kept, are refused with the field", async (t) => {
    for (const [event, message] of [
      [like("x", "ann", "a", { occurredAt: at(10_061) }), /^events\[0\]\.occurred_at: must not lie in the future/],
      [
        like("x", "ann", "a", { occurredAt: { seconds: 10n ** 17n, nanos: 0 } }),
        /must be a time of the years 1 to 9999/,
      ],
      [like("x", "ann\0", "a"), /^events\[0\]\.user_id: must be well-formed/],
    ] as const) {
      const error = await refusal(client.recordEvents({ events: [event] }));
      t.equal(error.code, Code.InvalidArgument);
      t.match(error.rawMessage, message);
    }
    t.same(await counts([like("soon", "eve", "a", { occurredAt: at(10_060) })]), [1, 0]);
  });

  await t.test("pages join without a hole, also where times are equal and events arrive late", async (t) => {
    const events = Array.from({ length: 25 }, (_, n) =>
      like(`p${n}`, "pat", `item${n}`, { occurredAt: at(Math.floor(n / 5)) }),
    );
    t.same(await counts(events), [25, 0]);
    const ids: string[] = [];
    let pageToken = "";
    do {
      const page = await client.listEvents({ userId: "pat", pageSize: 4, pageToken });
      ids.push(...page.events.map((one) => one.eventId));
      pageToken = page.nextPageToken;
      if (ids.length === 8) await counts([like("newest", "pat", "late", { occurredAt: at(100) })]);
    } while (pageToken);
    t.same(ids, events.map((one) => one.eventId).reverse());
    const { nextPageToken } = await client.listEvents({ userId: "pat", pageSize: 1 });
    for (const [userId, token] of [
      ["pat", "nonsense"],
      ["pat", `${nextPageToken}A`],
      ["ann", nextPageToken],
    ] as const) {
      const error = await refusal(client.listEvents({ userId, pageToken: token }));
      t.equal(error.code, Code.InvalidArgument);
      t.match(error.rawMessage, /^page_token: /);
    }
  });

  await t.test("the latest action on an item decides, and somebody unknown has the default profile", async (t) => {
    await counts([
      like("t1", "tom", "a", { action: Action.DISLIKE, occurredAt: at(3) }),
      like("t2", "tom", "a", { action: Action.LIKE, occurredAt: at(1) }),
      like("t3", "tom", "b", { action: Action.SKIP, occurredAt: at(1) }),
      like("t4", "tom", "b", { action: Action.WEAR, occurredAt: at(2) }),
      like("t5", "tom", "c", { action: Action.PURCHASE, occurredAt: at(9) }),
      like("t6", "tom", "d", { action: Action.SAVE, occurredAt: at(9) }),
      like("t7", "tom", "d", { action: Action.SKIP, occurredAt: at(9) }),
    ]);
    const { profile } = await client.getProfile({ userId: "tom" });
    t.match(profile, { userId: "tom", eventCount: 7n });
    t.same(profile?.likedItemIds, ["c", "b"]);
    t.same(profile?.dislikedItemIds, ["d", "a"]);
    const unknown = (await client.getProfile({ userId: "nobody" })).profile;
    t.match(unknown, { userId: "nobody", eventCount: 0n });
    t.same(unknown?.likedItemIds, []);
    const shares = Object.values(unknown?.modelWeights ?? {});
    t.equal(shares.length, 3);
    t.ok(Math.abs(shares.reduce((sum, share) => sum + share, 0) - 1) < 1e-6);
  });

  await t.test(
    "the same events from many senders at once, in any order, are recorded once without a gap",
    async (t) => {
      const events = Array.from({ length: 40 }, (_, n) => like(`c${n}`, "crowd", `item${n}`, { occurredAt: at(n) }));
      const answers = await Promise.all(
        Array.from({ length: 8 }, (_, n) => counts(n % 2 ? events : [...events].reverse())),
      );
      t.equal(
        answers.reduce((sum, [recorded]) => sum + recorded!, 0),
        40,
      );
      const [log] = await sql`select count(*)::int as rows, max(event_seq)::int as last from feedback.event`;
      t.equal(log?.rows, log?.last);
    },
  );

  await t.test(
    "kill -9 of PostgreSQL: Unavailable while it is away, all that was acknowledged afterwards",
    async (t) => {
      await counts([like("kept", "kim", "a")]);
      await server.kill9();
      t.equal((await refusal(client.recordEvents({ events: [like("lost?", "kim", "b")] }))).code, Code.Unavailable);
      await server.restart();
      t.same(await again(() => counts([like("kept", "kim", "a"), like("lost?", "kim", "b")])), [1, 1]);
    },
  );
});
