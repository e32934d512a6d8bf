import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { Code, ConnectError } from "@connectrpc/connect";
import { Registry } from "prom-client";
import t from "tap";
import { startPostgres } from "../../test/support/postgres.ts";
import { connectDatabase, databaseErrors, waitForDatabase } from "./database.ts";
import { createLogger } from "./log.ts";
import { MigrationError, migrate } from "./migrate.ts";

const postgres = await startPostgres();
t.teardown(() => postgres.stop());
const releases: (() => Promise<void>)[] = [];
const sql = connectDatabase(
  { DATABASE_URL: postgres.url, DATABASE_POOL_SIZE: 4 },
  {
    name: "test",
    log: createLogger({ service: "test", level: "silent" }),
    metrics: new Registry(),
    onStop: (release) => releases.push(release),
  },
);
t.teardown(() => Promise.all(releases.map((release) => release())));

t.test("migrations run once, in order, each with its record, whoever comes first", async (t) => {
  const folder = await mkdtemp(path.join(tmpdir(), "flashfit-migrate-"));
  t.teardown(() => rm(folder, { recursive: true }));
  await writeFile(
    path.join(folder, "0001_first.sql"),
    "create table fruit (name text); insert into fruit values ('fig');",
  );
  await writeFile(path.join(folder, "0002_second.sql"), "insert into fruit values ('plum');");
  const steps: string[] = [];
  const once = () => migrate(sql, [{ service: "fruit", folder }], ({ name }) => steps.push(name));
  await Promise.all([once(), once(), once()]);
  t.same(steps, ["0001_first.sql", "0002_second.sql"]);
  t.same(
    (await sql`select name from fruit order by name`).map(({ name }) => name),
    ["fig", "plum"],
  );

  await writeFile(path.join(folder, "0003_third.sql"), "insert into fruit values ('pear'); select nonsense;");
  await t.rejects(once(), MigrationError);
  t.equal((await sql`select 1 from fruit`).length, 2, "a failed file leaves nothing behind");
  await rm(path.join(folder, "0003_third.sql"));
  await writeFile(path.join(folder, "0001_first.sql"), "create table vegetable (name text);");
  await t.rejects(once(), { message: /0001_first\.sql was changed/ });
});

t.test("while PostgreSQL is away calls are Unavailable; afterwards they work again", async (t) => {
  await postgres.kill9();
  const error = ConnectError.from(await databaseErrors(() => sql`select 1`).catch((e: unknown) => e));
  t.equal(error.code, Code.Unavailable);
  await postgres.restart();
  await waitForDatabase(sql, AbortSignal.timeout(10_000));
  t.same([...(await databaseErrors(() => sql`select 1 as one`))], [{ one: 1 }]);
});

t.test("a wrong statement is our own fault and passes as it is", async (t) => {
  await t.rejects(
    databaseErrors(() => sql`select nonsense`),
    { code: "42703" },
  );
});
