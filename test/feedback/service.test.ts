import { Code } from "@connectrpc/connect";
import t from "tap";
import { Action, type Event, type WatchLearningResponse } from "../../gen/flashfit/feedback/v1/feedback_pb.ts";
import { replay } from "../../services/feedback/learner/replay.ts";
import { encodeCommon, encodePerson } from "../../services/feedback/learning/codec.ts";
import { DEFAULT_PRIORS } from "../../services/feedback/learning/default-priors.ts";
import { bytesFromFloats } from "../../services/kit/vector.ts";
import { gather, refusal } from "../support/calls.ts";
import { startLocalFeedback } from "./support/local-feedback.ts";

const feedback = await startLocalFeedback({ FEEDBACK_WATCH_COMMON_MS: "50" });
const { client, sql, learned } = feedback;
t.teardown(feedback.stop);

const event = (eventId: string, userId: string, itemId: string, more: object = {}) => ({
  eventId,
  userId,
  itemId,
  action: Action.LIKE,
  ...more,
});

/** What "item/1" would look like; the values are of no importance. */
function recommendation(id: string, userId: string, itemIds: readonly string[]) {
  const length = DEFAULT_PRIORS["item/1"]!.mean.length;
  const items = itemIds.map((itemId, place) => ({
    itemId,
    score: 1 / (place + 1),
    propensity: 0.5,
    category: "top",
    colour: place % 2 ? "red" : "blue",
    features: new Uint8Array(bytesFromFloats(Float32Array.from({ length }, (_, at) => Math.sin(place * 7 + at)))),
  }));
  return { recommendation: { id, userId, kind: "home", policy: "adaptive", layout: "item/1", items } };
}

t.test("a rating belongs to ACTION_RATE and to no other action", async (t) => {
  for (const [more, wrong] of [
    [{ action: Action.RATE }, /events\[0\]\.rating: must be 1 to 5/],
    [{ action: Action.LIKE, rating: 3 }, /events\[0\]\.rating: must be 0/],
    [{ action: Action.RATE, rating: 6 }, /events\[0\]\.rating/],
    [{ action: Action.UNSPECIFIED }, /events\[0\]\.action/],
    [{ action: 77 as Action }, /events\[0\]\.action/],
  ] as const) {
    const error = await refusal(client.recordEvents({ events: [event("bad", "rita", "a", more)] }));
    t.equal(error.code, Code.InvalidArgument);
    t.match(error.rawMessage, wrong);
  }
  const actions = [Action.LIKE, Action.DISLIKE, Action.WEAR, Action.SKIP, Action.SAVE, Action.PURCHASE];
  const events = [...actions, Action.WEAR_OUTFIT, Action.CORRECT].map((action) =>
    event(`action-${action}`, "rita", `item-${action}`, { action }),
  );
  events.push(event("rated", "rita", "rated", { action: Action.RATE, rating: 4 }));
  t.match(await client.recordEvents({ events }), { recorded: 9, duplicates: 0 });
  const again = [event("rated", "rita", "rated", { action: Action.RATE, rating: 5 })];
  t.equal((await refusal(client.recordEvents({ events: again }))).code, Code.AlreadyExists);
  const kept = (await client.listEvents({ userId: "rita" })).events.find(({ eventId }) => eventId === "rated");
  t.equal(kept?.rating, 4);
});

t.test("of many calls at once, a conflicting one refuses only itself", async (t) => {
  await client.recordEvents({ events: [event("taken", "carl", "a")] });
  const calls = Array.from({ length: 60 }, (_, n) =>
    n % 10 === 3
      ? client.recordEvents({ events: [event(`ok-${n}`, "carl", "x"), event("taken", "carl", "b")] })
      : client.recordEvents({ events: [event(`ok-${n}`, "carl", "x")] }),
  );
  const outcomes = await Promise.allSettled(calls);
  for (const [n, outcome] of outcomes.entries()) {
    t.equal(outcome.status, n % 10 === 3 ? "rejected" : "fulfilled", `call ${n}`);
  }
  const several = ["ok-1", "new", "ok-2", "taken"].map((id) => event(id, "carl", id === "ok-1" ? "x" : "z"));
  t.match(
    (await refusal(client.recordEvents({ events: several }))).rawMessage,
    /"ok-2"/,
    "the first one that conflicts",
  );
  const stored = await gather(client.exportPerson({ userId: "carl" }));
  t.equal(stored.filter(({ part }) => part.case === "event").length, 1 + 54);
  const text = await feedback.metrics.metrics();
  const commits = Number(/feedback_commit_rows_count (\d+)/.exec(text)?.[1]);
  const rows = Number(/feedback_commit_rows_sum (\d+)/.exec(text)?.[1]);
  t.ok(rows / commits > 2, `${rows} rows in ${commits} transactions: calls share them`);
});

t.test("a stream has an answer for each event in its order; a bad one ends only itself", async (t) => {
  const sent = Array.from({ length: 300 }, (_, n) => ({ event: event(`s-${n}`, "sue", "x") }));
  sent[7] = { event: event("", "sue", "x") };
  sent[9] = { event: event("s-8", "sue", "x") };
  sent[10] = { event: event("s-8", "sue", "y") };
  async function* requests() {
    yield* sent;
    yield {};
  }
  const answers = await gather(client.streamEvents(requests()));
  t.equal(answers.length, 301);
  for (const [n, answer] of answers.entries()) {
    const expected =
      n === 7 || n === 300
        ? { recorded: false, duplicate: false, code: "invalid_argument" }
        : n === 9
          ? { recorded: false, duplicate: true, code: "" }
          : n === 10
            ? { recorded: false, duplicate: false, code: "already_exists" }
            : { recorded: true, duplicate: false, code: "" };
    t.match(answer, expected, `event ${n}`);
  }
});

t.test("a recommendation and the answers to it are learned from in the order of the log", async (t) => {
  const shown = recommendation("r-1", "lea", ["a", "b", "c", "d"]);
  t.equal((await client.recordRecommendation(shown)).existed, false);
  t.equal((await client.recordRecommendation(shown)).existed, true, "the same id is the same recommendation");
  const other = { recommendation: { ...shown.recommendation, userId: "eve" } };
  t.equal((await refusal(client.recordRecommendation(other))).code, Code.AlreadyExists);
  const before = (await client.getProfile({ userId: "lea" })).profile!;
  t.same(before.beliefs, []);
  await client.recordEvents({ events: [event("l-1", "lea", "c", { recommendationId: "r-1" })] });
  const at = (await client.getProfile({ userId: "lea" })).profile!;
  t.equal(at.eventCount, 1n);
  t.equal(at.beliefs[0]?.layout, "item/1");
  t.ok(at.beliefs[0]!.comparisons > 0n);
  t.same(Object.keys(at.categoryAffinity), ["top"]);
  await learned();
  const after = (await client.getProfile({ userId: "lea" })).profile!;
  t.same(after, at, "what was folded in for the answer is what the learner stored");
  t.ok(after.version > before.version);
  // Another person's answer to it says nothing.
  await client.recordEvents({ events: [event("l-2", "eve", "c", { recommendationId: "r-1" })] });
  t.same((await client.getProfile({ userId: "eve" })).profile?.beliefs, []);
  const { policies } = await client.listPolicies({});
  t.match(
    policies.find(({ name }) => name === "adaptive"),
    { recommendations: 1n, positive: 1n, negative: 0n },
  );
});

t.test("of recommendations that are sent together a bad one ends only itself", async (t) => {
  const [first, taken] = [recommendation("m-1", "mia", ["a"]), recommendation("m-2", "mia", ["a", "b"])];
  await client.recordRecommendation(taken);
  const { recorded } = await client.recordRecommendations({
    recommendations: [
      first.recommendation,
      { ...first.recommendation, id: "" },
      { ...taken.recommendation, userId: "eve" },
      first.recommendation,
      taken.recommendation,
      { ...first.recommendation, id: "m-3", userId: "\0" },
    ],
  });
  t.match(recorded, [
    { existed: false, code: "" },
    { existed: false, code: "invalid_argument", message: /recommendations\[1\]\.id/ },
    { existed: false, code: "already_exists", message: /"m-2"/ },
    { existed: true, code: "" },
    { existed: true, code: "" },
    { existed: false, code: "invalid_argument", message: /user_id/ },
  ]);
  const kept = await gather(client.exportPerson({ userId: "mia" }));
  const ids = kept.flatMap(({ part }) => (part.case === "recommendation" ? [part.value.id] : []));
  t.same(ids.sort(), ["m-1", "m-2"]);
  t.equal((await refusal(client.recordRecommendations({}))).code, Code.InvalidArgument);
});

t.test("a fresh start forgets what was learned at once, keeps the events, and learns on", async (t) => {
  const events = (from: number) => [0, 1, 2].map((n) => event(`f-${from + n}`, "fay", `i-${from + n}`));
  await client.recordEvents({ events: events(0) });
  await learned();
  const before = (await client.getProfile({ userId: "fay" })).profile!;
  const { profile } = await client.resetProfile({ userId: "fay" });
  t.match(profile, { eventCount: 0n, likedItemIds: [] });
  t.ok(profile!.version > before.version);
  t.equal((await client.listEvents({ userId: "fay" })).events.length, 3);
  await client.recordEvents({ events: events(3) });
  await learned();
  t.match((await client.getProfile({ userId: "fay" })).profile, {
    eventCount: 3n,
    likedItemIds: ["i-5", "i-4", "i-3"],
  });
});

t.test("export is everything, and after erasure nothing of the person is in any column of any table", async (t) => {
  const userId = "person-to-be-erased";
  await client.recordRecommendation(recommendation("r-erase", userId, ["a", "b"]));
  const events = Array.from({ length: 700 }, (_, n) =>
    event(`x-${n}`, userId, `i-${n % 9}`, { recommendationId: "r-erase" }),
  );
  await client.recordEvents({ events });
  await client.resetProfile({ userId });
  await client.recordEvents({ events: [event("x-last", userId, "z")] });
  await learned();
  const parts = (await gather(client.exportPerson({ userId }))).map(({ part }) => part);
  t.equal(parts[0]?.case, "profile");
  const exported = parts.filter(({ case: kind }) => kind === "event").map(({ value }) => (value as Event).eventId);
  t.same(exported, [...events.map(({ eventId }) => eventId), "x-last"]);
  t.equal(parts.filter(({ case: kind }) => kind === "recommendation").length, 1);
  t.ok((await placesOf(userId)).length >= 4, "the scan finds a person who is there");

  const { removed } = await client.erasePerson({ userId });
  t.same(removed, { event: 701n, event_key: 701n, recommendation: 1n, recommendation_key: 1n, reset: 1n, profile: 1n });
  t.same(await placesOf(userId), []);
  t.same(await placesOf("x-last"), [], "nor of the ids that they used");
  t.match((await client.getProfile({ userId })).profile, { eventCount: 0n, version: 0n, likedItemIds: [] });
  t.same(Object.values((await client.erasePerson({ userId })).removed), [0n, 0n, 0n, 0n, 0n, 0n]);
  t.match(
    await client.recordEvents({ events: [event("x-1", "somebody", "a")] }),
    { recorded: 1 },
    "ids are free again",
  );
});

/** Every "schema.table.column" of the database in which a text is, in any type. */
async function placesOf(text: string): Promise<string[]> {
  const columns = await sql<{ schema: string; name: string; column: string; type: string }[]>`
    select n.nspname as schema, c.relname as name, a.attname as column, format_type(a.atttypid, null) as type
    from pg_class as c join pg_namespace as n on n.oid = c.relnamespace join pg_attribute as a on a.attrelid = c.oid
    where c.relkind = 'r' and a.attnum > 0 and not a.attisdropped
      and n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast')`;
  const found: string[] = [];
  for (const { schema, name, column, type } of columns) {
    const value = sql(column);
    const matches =
      type === "bytea"
        ? sql`position(convert_to(${text}, 'UTF8') in ${value}) > 0`
        : sql`position(${text}::text in ${value}::text) > 0`;
    const rows = await sql`select from ${sql(`${schema}.${name}`)} where ${matches} limit 1`;
    if (rows.length > 0) found.push(`${schema}.${name}.${column}`);
  }
  return found;
}

t.test("a watcher is told first all that is common, then who changed, on whichever replica it is", async (t) => {
  const replica = await feedback.replica({ FEEDBACK_LEARNER: "off" });
  const ended = new AbortController();
  const stream = replica.client.watchLearning({}, { signal: ended.signal })[Symbol.asyncIterator]();
  const first: WatchLearningResponse = (await stream.next()).value!;
  t.same(
    first.common?.policies.map(({ name, share }) => [name, share]),
    [
      ["baseline", 10],
      ["convex", 0],
      ["adaptive", 90],
    ],
  );
  t.ok(first.common?.priors.some(({ layout }) => layout === "item/1"));
  t.ok((first.common?.popularity.x ?? 0) > 0);
  const until = async (fits: (message: WatchLearningResponse) => boolean) => {
    for (;;) {
      const { value, done } = await stream.next();
      if (done) throw new Error("the stream ended");
      if (fits(value)) return value;
    }
  };
  await client.recordEvents({ events: [event("w-1", "wim", "a")] });
  await until(({ changedUserIds }) => changedUserIds.includes("wim"));
  // Their own replica says so before anybody has learned from it, and its profile has it.
  const learner = await replica.sql.reserve();
  await learner`begin`;
  await learner`select from feedback.learner for update`;
  await replica.client.recordEvents({ events: [event("w-2", "zoe", "a")] });
  const { learnedSeq } = await until(({ changedUserIds }) => changedUserIds.includes("zoe"));
  t.ok(learnedSeq < BigInt((await replica.sql`select last_seq from feedback.log_position`)[0]!.last_seq));
  t.equal((await replica.client.getProfile({ userId: "zoe" })).profile?.eventCount, 1n);
  await learner`rollback`;
  learner.release();
  await client.erasePerson({ userId: "wim" });
  const { changedUserIds } = await until(({ erasedUserIds }) => erasedUserIds.includes("wim"));
  t.ok(changedUserIds.includes("wim"), "whoever knows only changes is told as well");
  await client.setRollout({ shares: { baseline: 100 } });
  await until(({ common }) => common?.policies.find(({ name }) => name === "baseline")?.share === 100);
  t.equal((await client.getProfile({ userId: "anybody" })).profile?.policy, "baseline");
  ended.abort();
  await stream.next().catch(() => {});
});

t.test("shares that do not fit are refused", async (t) => {
  const code = async (shares: Record<string, number>) => (await refusal(client.setRollout({ shares }))).code;
  t.equal(await code({ baseline: 50 }), Code.InvalidArgument);
  t.equal(await code({ baseline: -10, adaptive: 110 }), Code.InvalidArgument);
  t.equal(await code({ baseline: Number.NaN, adaptive: 100 }), Code.InvalidArgument);
  t.equal(await code({ baseline: 50, "": 50 }), Code.NotFound);
  t.equal(await code({ nobody: 100 }), Code.NotFound);
});

t.test("what was learned live is bit for bit what a replay from zero learns", async (t) => {
  // Without the erased: what everybody's prior learned from them is not part of it.
  await learned();
  const [{ learned_seq, common }] = await sql<[{ learned_seq: string; common: Uint8Array }]>`
    select learned_seq, common from feedback.learner`;
  const replayed = await replay(sql, BigInt(learned_seq));
  const people = await sql<{ user_id: string; state: Uint8Array }[]>`select user_id, state from feedback.profile`;
  t.equal(people.length, replayed.people.size);
  for (const { user_id, state } of people) {
    t.ok(Buffer.from(encodePerson(replayed.people.get(user_id)!)).equals(state), user_id);
  }
  t.ok(encodeCommon(replayed.common).length > 0 && common.length > 0);
});
