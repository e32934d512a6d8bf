import { Code, ConnectError } from "@connectrpc/connect";
import { Registry } from "prom-client";
import t from "tap";
import { startPostgres } from "../../test/support/postgres.ts";
import { type CallContext, runInCall } from "./context.ts";
import { connectDatabase, databaseErrors, waitForDatabase } from "./database.ts";
import { deadlineExceeded } from "./errors.ts";
import { createLogger } from "./log.ts";

const postgres = await startPostgres();
const metrics = new Registry();
const releases: (() => Promise<void>)[] = [];
const sql = connectDatabase(
  { DATABASE_URL: postgres.url, DATABASE_POOL_SIZE: 2 },
  {
    name: "test",
    log: createLogger({ service: "test", level: "silent" }),
    metrics,
    onStop: (release) => releases.push(release),
  },
);
t.teardown(async () => {
  await Promise.all(releases.map((release) => release()));
  await postgres.stop();
});

/** A call that is over after `ms`. */
function callOf(ms: number): CallContext {
  const controller = new AbortController();
  setTimeout(() => controller.abort(deadlineExceeded("over")), ms);
  return { requestId: "r", traceparent: "", deadline: Date.now() + ms, signal: controller.signal, claims: undefined };
}

const inCall = <T>(ms: number, work: () => Promise<T>) => runInCall(callOf(ms), () => databaseErrors(work));
const failure = async (work: Promise<unknown>) => ConnectError.from(await work.catch((e: unknown) => e));
const running = async () =>
  (
    await sql`select 1 from pg_stat_activity where query like '%pg_sleep(%' and state = 'active' and pid <> pg_backend_pid()`
  ).length;

t.test("a statement ends with its call, in PostgreSQL too", async (t) => {
  const began = performance.now();
  const error = await failure(inCall(100, () => sql`select pg_sleep(20)`));
  t.equal(error.code, Code.DeadlineExceeded);
  t.ok(performance.now() - began < 5000);
  while ((await running()) > 0); // the cancel request is on its way
});

t.test("a statement that waits for a connection ends with its call", async (t) => {
  const held = [sql`select pg_sleep(1)`.execute(), sql`select pg_sleep(1)`.execute()];
  const error = await failure(inCall(100, () => sql`select 1`));
  t.equal(error.code, Code.DeadlineExceeded);
  await Promise.all(held);
});

t.test("statements of other calls keep their own rows when one between them is cancelled", async (t) => {
  const slow = [sql`select pg_sleep(0.4)`.execute(), sql`select pg_sleep(0.4)`.execute()];
  const numbered = Array.from({ length: 20 }, (_, i) =>
    i % 3 === 0
      ? failure(inCall(50, () => sql`select ${i}::int as i`))
      : sql`select ${i}::int as i`.then(([row]) => row?.i),
  );
  const seen = await Promise.all(numbered);
  for (const [i, one] of seen.entries()) {
    if (i % 3 === 0) t.equal((one as ConnectError).code, Code.DeadlineExceeded);
    else t.equal(one, i);
  }
  await Promise.all(slow);
});

t.test("nothing is begun for a call that is over", async (t) => {
  await sql`create table work (id int)`;
  const call = { ...callOf(0), signal: AbortSignal.abort(deadlineExceeded("over")) };
  const error = await failure(runInCall(call, () => databaseErrors(() => sql`insert into work values (2)`)));
  t.equal(error.code, Code.DeadlineExceeded);
  t.same([...(await sql`select id from work`)], []);
});

t.test("what postgres.js does badly when a connection is lost is not offered", async (t) => {
  t.throws(() => sql.begin(async () => {}), /SQL function/);
  t.throws(() => sql.notify("channel", ""), /pg_notify/);
});

t.test("fragments, names, value lists, arrays and cursors work as ever", async (t) => {
  const rows = [{ id: 5 }, { id: 6 }];
  await inCall(5000, () => sql`insert into ${sql("work")} ${sql(rows)}`);
  await sql`insert into work select * from unnest(${[7]}::int[])`;
  const only = sql`where id > ${5}`;
  t.same(
    (await sql`select id from work ${only} order by id`).map(({ id }) => id),
    [6, 7],
  );
  const seen: number[] = [];
  for await (const batch of sql`select id from work order by id`.cursor(2)) seen.push(...batch.map(({ id }) => id));
  t.same(seen, [5, 6, 7]);
  const reserved = await sql.reserve();
  t.same([...(await reserved`select count(*)::int as n from work`)], [{ n: 3 }]);
  reserved.release();
});

t.test("text that cannot be stored is the caller's fault", async (t) => {
  t.equal((await failure(databaseErrors(() => sql`select ${"a\0b"}::text`))).code, Code.InvalidArgument);
});

t.test("what was asked is counted and timed, and nothing is in flight at the end", async (t) => {
  const text = await metrics.metrics();
  t.match(text, /database_queries_total\{code="ok"\} \d+/);
  t.match(text, /database_queries_total\{code="cancelled"\} [1-9]/);
  t.match(text, /database_queries_in_flight 0\n/);
  t.match(text, /database_pool_size 2\n/);
});

t.test("kill -9 while a call runs and is then cancelled: Unavailable, and the process lives", async (t) => {
  const running = failure(inCall(200, () => sql`select pg_sleep(20)`));
  await sql`select 1`; // the other one has been sent
  await postgres.kill9();
  t.equal((await running).code, Code.Unavailable);
  t.ok([Code.Unavailable, Code.DeadlineExceeded].includes((await failure(inCall(50, () => sql`select 1`))).code));
  await postgres.restart();
  await waitForDatabase(sql, AbortSignal.timeout(10_000));
  t.same([...(await sql`select 1 as one`)], [{ one: 1 }]);
});

t.test("waiting for a PostgreSQL that stays away says why", async (t) => {
  await postgres.kill9();
  await t.rejects(waitForDatabase(sql, AbortSignal.timeout(100)), {
    message: /PostgreSQL does not answer: .*ECONNREFUSED/,
  });
  await postgres.restart();
});
