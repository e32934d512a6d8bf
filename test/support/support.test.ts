import postgres from "postgres";
import { createClient } from "redis";
import t from "tap";
import { startPostgres } from "./postgres.ts";
import { startValkey } from "./valkey.ts";

t.test("a test PostgreSQL keeps its data over kill -9 and restart", async (t) => {
  const server = await startPostgres();
  t.teardown(() => server.stop());
  const first = postgres(server.url, { onnotice: () => {} });
  await first`create table kept (id int)`;
  await first`insert into kept values (7)`;
  await server.kill9();
  await first.end({ timeout: 0 });
  await server.restart();
  const second = postgres(server.url);
  t.same([...(await second`select id from kept`)], [{ id: 7 }]);
  t.same([...(await second`select rolsuper from pg_roles where rolname = current_user`)], [{ rolsuper: false }]);
  await second.end();
});

t.test("a test Valkey answers and starts again", async (t) => {
  const server = await startValkey();
  t.teardown(() => server.stop());
  await server.kill9();
  await server.restart();
  const client = createClient({ url: server.url });
  await client.connect();
  t.equal(await client.ping(), "PONG");
  client.destroy();
});
