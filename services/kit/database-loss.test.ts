import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { Registry } from "prom-client";
import t from "tap";
import { startPostgres } from "../../test/support/postgres.ts";
import { connectDatabase, isDatabaseAway } from "./database.ts";
import { createLogger } from "./log.ts";

// Connections to PostgreSQL are lost in the midst of many statements, at any moment: each statement ends soon, in an
// answer of its own or with the loss, and the next ones work.

const SIZE = 4;
const postgres = await startPostgres();
const between = new Set<Socket>();
/** What a new connection meets. */
let door: "open" | "shut" | "silent" = "open";
/** A new connection is cut when PostgreSQL has sent so many pieces. */
let piecesLeft = Number.POSITIVE_INFINITY;
const proxy = createServer((near) => {
  near.on("error", () => {});
  if (door === "shut") near.destroy();
  if (door !== "open") return;
  const far = connect(postgres.port, "127.0.0.1");
  far.on("error", () => {});
  near.pipe(far).pipe(near);
  let left = piecesLeft;
  far.on("data", () => {
    if (--left === 0) near.destroy();
  });
  near.on("close", () => far.destroy());
  far.on("close", () => near.destroy());
  between.add(near);
  near.on("close", () => between.delete(near));
});
proxy.listen(0, "127.0.0.1");
await once(proxy, "listening");
const url = new URL(postgres.url);
url.port = String((proxy.address() as AddressInfo).port);

const releases: (() => Promise<void>)[] = [];
const newPool = () =>
  connectDatabase(
    { DATABASE_URL: url.href, DATABASE_POOL_SIZE: SIZE },
    {
      name: "test",
      log: createLogger({ service: "test", level: "silent" }),
      metrics: new Registry(),
      onStop: (release) => releases.push(release),
    },
  );
const sql = newPool();
t.teardown(async () => {
  await Promise.all(releases.map((release) => release()));
  for (const socket of between) socket.destroy();
  proxy.close();
  await postgres.stop();
});

/** Until it is not lost. */
async function again<T>(ask: () => PromiseLike<T>): Promise<T> {
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (!isDatabaseAway(error)) throw error;
    }
  }
}

const LOSSES = {
  "by a reset": (socket: Socket) => socket.resetAndDestroy(),
  "by an end": (socket: Socket) => socket.end(),
  "by PostgreSQL": async () => {
    const own = await sql`
      select pg_terminate_backend(pid) from pg_stat_activity
      where application_name = 'flashfit-test' and pid <> pg_backend_pid()`.catch(() => []);
    return own.length;
  },
};

for (const [name, lose] of Object.entries(LOSSES)) {
  t.test(`connections are lost ${name}`, async (t) => {
    const ROUNDS = 40;
    let round = 0;
    let answered = 0;
    let lost = 0;
    let longestMs = 0;
    const ask = async (number: number) => {
      for (let n = 0; round < ROUNDS; n++) {
        const value = number * 1_000_000 + n;
        const began = performance.now();
        try {
          const [row] = await sql`select ${value}::int as value, ${[value]}::int[] as list`;
          if (row!.value !== value || row!.list[0] !== value) t.fail(`${value} was answered with ${row!.value}`);
          answered++;
        } catch (error) {
          if (!isDatabaseAway(error)) throw error;
          lost++;
        }
        longestMs = Math.max(longestMs, performance.now() - began);
      }
    };
    const askers = Array.from({ length: 30 }, (_, number) => ask(number));
    for (; round < ROUNDS; round++) {
      const before = answered;
      while (answered < before + 5 + (round % 7)) await sql`select 1`.catch(() => {});
      for (const socket of [...between].slice(0, 1 + (round % SIZE))) await lose(socket);
    }
    await Promise.all(askers);
    t.ok(lost > 0, `${lost} statements were lost`);
    t.ok(longestMs < 4000, `each ended soon, the last after ${longestMs.toFixed(0)} ms`);
    const rows = await Promise.all(Array.from({ length: 50 }, (_, i) => again(() => sql`select ${i}::int as i`)));
    t.same(
      rows.map(([row]) => row!.i),
      Array.from({ length: 50 }, (_, i) => i),
    );
    t.ok(between.size <= SIZE, `${between.size} connections`);
  });
}

t.test("connections are lost while they open, at every step", async (t) => {
  for (piecesLeft = 1; piecesLeft <= 8; piecesLeft++) {
    const opening = newPool();
    const asked = await Promise.allSettled(
      Array.from({ length: 2 * SIZE }, (_, n) => opening`select ${[n]}::int[] as list`.execute()),
    );
    for (const one of asked) t.ok(one.status === "fulfilled" || isDatabaseAway(one.reason), String(one.status));
  }
  piecesLeft = Number.POSITIVE_INFINITY;
  for (const socket of between) socket.destroy();
});

for (const shut of ["shut", "silent"] as const) {
  t.test(`a server that is ${shut}: statements fail with the loss, and work when it is back`, async (t) => {
    door = shut;
    for (const socket of between) socket.destroy();
    const failed = await Promise.allSettled(Array.from({ length: 20 }, () => sql`select 1`.execute()));
    for (const one of failed) t.ok(one.status === "rejected" && isDatabaseAway(one.reason), String(one.status));
    door = "open";
    t.same([...(await again(() => sql`select 1 as one`))], [{ one: 1 }]);
  });
}

t.test("nothing is run after the end", async (t) => {
  await Promise.all(releases.splice(0).map((release) => release()));
  await t.rejects(sql`select 1`, { code: "CONNECTION_ENDED" });
  t.equal(between.size, 0);
});
