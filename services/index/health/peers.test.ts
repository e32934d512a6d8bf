import postgres from "postgres";
import t from "tap";
import { startPostgres } from "../../../test/support/postgres.ts";
import { Peers } from "./peers.ts";

t.test("replicas hear of each other through PostgreSQL, and forget who is silent", async (t) => {
  const server = await startPostgres();
  const sql = postgres(server.url, { onnotice: () => {}, max: 2 });
  t.teardown(async () => {
    await sql.end({ timeout: 1 });
    await server.stop();
  });
  const clock = { now: 0 };
  const options = { sql, everyMs: 1000, nowMs: () => clock.now };
  const [one, two, three] = [new Peers(options), new Peers(options), new Peers(options)];
  for (const peers of [one, two, three]) await peers.listen();
  /** Notifications come in order: once the marker is here, all before it are. */
  const heard = async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const { unlisten } = await sql.listen("marker", () => resolve());
    await sql`select pg_notify(${"marker"}, ${""})`;
    await promise;
    await unlisten();
  };
  t.equal(one.ahead(5n), 0, "nobody is known");
  await one.announce(900n);
  await two.announce(1000n);
  await three.announce(12n);
  await heard();
  t.same([one.count, two.count, three.count], [2, 2, 2], "nobody counts itself");
  t.equal(one.ahead(900n), 100);
  t.equal(two.ahead(1000n), 0, "the furthest is behind nobody");
  t.equal(three.ahead(12n), 988);

  for (const payload of ["", "x", "a b", "id 99999999999999999999999", "id -1", `${"i".repeat(99)} 7`]) {
    await sql`select pg_notify(${"flashfit_index_replicas"}, ${payload})`;
  }
  await heard();
  t.equal(one.count, 2, "what makes no sense is passed over");

  clock.now = 5000;
  await one.announce(901n);
  await heard();
  clock.now = 5001;
  t.same([one.count, two.count], [0, 1], "the others said nothing for five announcements");
  t.equal(one.ahead(0n), 0);
  await two.close();
  await one.announce(5000n);
  await heard();
  t.equal(two.ahead(0n), 901, "it no longer listens");
});
