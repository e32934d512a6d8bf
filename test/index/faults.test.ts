import { Code, ConnectError } from "@connectrpc/connect";
import postgres from "postgres";
import t from "tap";
import { Metrics } from "../../bench/support/prometheus.ts";
import { again, refusal } from "../support/calls.ts";
import { startPostgres } from "../support/postgres.ts";
import { bytesOf } from "./model/ask.ts";
import { type IndexClient, IndexProcess } from "./support/index-process.ts";

const DIMENSIONS = 8;
const MOST_VALUES = 4096;

const unit = (at: number) =>
  Float32Array.from({ length: DIMENSIONS }, (_, place) => (place === at % DIMENSIONS ? 1 : 0));
const itemOf = (itemId: string, vector: Float32Array = unit(0), model = "clip") => ({
  itemId,
  embeddings: [{ model, revision: "1", vector: bytesOf(vector) }],
});
const queryOf = (vector: Float32Array, index = "clip_fashion") => ({ index, vector: bytesOf(vector) });

t.test("two replicas of the Index as processes", async (t) => {
  const server = await startPostgres();
  t.teardown(() => server.stop());
  const start = async (name: string, env: Record<string, string> = {}) => {
    const replica = await IndexProcess.start({
      databaseUrl: server.url,
      name,
      env: { INDEX_POLL_MS: "60000", ...env },
    });
    t.teardown(() => replica.kill9());
    return replica;
  };
  const one = await start("one");
  const two = await start("two");
  const { client } = one;
  const find = async (from: IndexClient, minSeq = 0n, vector = unit(0)) =>
    (await from.search({ queries: [queryOf(vector)], k: 1000, minSeq })).results[0]!.neighbours.map((n) => n.itemId);

  await t.test("nothing is there yet: searches are answered with nothing", async (t) => {
    t.same(await find(client), []);
    const three = ["clip_fashion", "blip_fashion", "fashion_specific"].map((index) => queryOf(unit(1), index));
    t.same(
      (await client.search({ queries: three, k: 10 })).results.map(({ neighbours }) => neighbours),
      [[], [], []],
    );
  });

  await t.test(
    "a write is read on both replicas with min_seq, woken by a notification and not by the clock",
    async (t) => {
      for (let n = 0; n < 20; n++) {
        const { changeSeq } = await client.upsert({ items: [itemOf(`own-${n}`)] });
        for (const replica of [one, two]) t.ok((await find(replica.client, changeSeq)).includes(`own-${n}`));
      }
    },
  );

  await t.test("vectors that are of no use are refused by name, and nothing of their batch is stored", async (t) => {
    const empty = new Float32Array();
    const bad: [string, Float32Array, RegExp][] = [
      ["wrong dimension", new Float32Array(DIMENSIONS + 1).fill(1), /must have 8 dimensions.*got 9/],
      ["NaN", unit(0).with(3, Number.NaN), /finite values only, got NaN at position 3/],
      ["Infinity", unit(0).with(1, Number.POSITIVE_INFINITY), /finite values only, got Infinity at position 1/],
      ["zero", new Float32Array(DIMENSIONS), /must not be zero/],
      [
        "a million values",
        new Float32Array(1_000_000).fill(1),
        new RegExp(`no more than ${MOST_VALUES * 4} bytes|16384`),
      ],
      ["no values", empty, /vector/],
    ];
    for (const [what, vector, message] of bad) {
      const upsert = await refusal(client.upsert({ items: [itemOf("good"), itemOf("bad", vector)] }));
      t.match(upsert, { code: Code.InvalidArgument, rawMessage: message }, `upsert: ${what}`);
      t.match(upsert.rawMessage, /items\[1\]\.embeddings\[0\]\.vector/, `${what}: the field`);
      const search = await refusal(client.search({ queries: [queryOf(unit(0)), queryOf(vector)], k: 1 }));
      t.match(search, { code: Code.InvalidArgument, rawMessage: message }, `search: ${what}`);
      t.match(search.rawMessage, /queries\[1\]\.vector/, `${what}: the field`);
    }
    t.same((await refusal(client.get({ itemId: "good" }))).code, Code.NotFound);
    t.match(await refusal(client.upsert({ items: [] })), { code: Code.InvalidArgument, rawMessage: /items/ });
    t.match(await refusal(client.search({ queries: [], k: 1 })), { code: Code.InvalidArgument, rawMessage: /queries/ });
    t.match(await refusal(client.upsert({ items: [{ itemId: "none", embeddings: [] }] })), {
      code: Code.InvalidArgument,
      rawMessage: /embeddings/,
    });
    t.match(await refusal(client.search({ queries: [queryOf(unit(0))], k: 0 })), {
      code: Code.InvalidArgument,
      rawMessage: /k/,
    });
  });

  await t.test("an id twice in one batch: the last one counts", async (t) => {
    const { changeSeq } = await client.upsert({
      items: [itemOf("twice", unit(2)), itemOf("x"), itemOf("twice", unit(3))],
    });
    t.same((await client.get({ itemId: "twice" })).item?.embeddings[0]?.vector, bytesOf(unit(3)));
    for (const replica of [one, two]) {
      const { results } = await replica.client.search({ queries: [queryOf(unit(3))], k: 1, minSeq: changeSeq });
      t.same(
        results[0]!.neighbours.map(({ itemId, score }) => [itemId, score]),
        [["twice", 1]],
      );
      t.equal((await find(replica.client)).filter((itemId) => itemId === "twice").length, 1);
    }
    t.same((await client.delete({ itemIds: ["twice", "x", "twice"] })).deleted, 2);
  });

  await t.test("5,000 searches at once: each answered or refused, memory bounded, and the process lives", async (t) => {
    const items = Array.from({ length: 1000 }, (_, n) => itemOf(`many-${n}`, unit(n)));
    const { changeSeq } = await client.upsert({ items });
    await find(client, changeSeq);
    const before = await residentMB(one);
    let answered = 0;
    let refused = 0;
    const others: [Code, string][] = [];
    await Promise.all(
      Array.from({ length: 5000 }, async (_, n) => {
        try {
          const { results } = await client.search({ queries: [queryOf(unit(n))], k: 10 });
          if (results[0]!.neighbours.length === 10) answered++;
        } catch (error) {
          const { code, rawMessage } = ConnectError.from(error);
          if (code === Code.ResourceExhausted) refused++;
          else others.push([code, rawMessage]);
        }
      }),
    );
    const after = await residentMB(one);
    t.same(others, []);
    t.equal(answered + refused, 5000);
    t.ok(answered >= 1000, `${answered} answered`);
    t.ok(after - before < 300, `${before} MB before, ${after} MB after`);
    t.ok(one.running);
    t.ok((await find(client)).length > 0);
  });

  await t.test("LISTEN is lost: the next change still arrives", async (t) => {
    const admin = postgres(server.adminUrl, { max: 1 });
    const ended = await admin`
      select pg_terminate_backend(pid) from pg_stat_activity where datname = 'flashfit_ai' and pid <> pg_backend_pid()`;
    await admin.end();
    t.ok(ended.length > 0);
    const changeSeq = await accepted(client, "after-listen");
    for (const replica of [one, two]) t.ok((await find(replica.client, changeSeq)).includes("after-listen"));
  });

  await t.test(
    "PostgreSQL is away: searches go on, writes are refused, then everything goes on and nothing is lost",
    async (t) => {
      const acknowledged: string[] = [];
      let refused = 0;
      let away = false;
      const enough = Promise.withResolvers<void>();
      const writers = Array.from({ length: 4 }, async (_, writer) => {
        for (let n = 0, seen = 0; seen < 3; n++) {
          const itemId = `away-${writer}-${n}`;
          try {
            await client.upsert({ items: [itemOf(itemId)] });
            acknowledged.push(itemId);
          } catch (error) {
            t.ok(away, "refused while it is away only");
            t.equal(ConnectError.from(error).code, Code.Unavailable);
            refused++;
            seen++;
          }
          if (acknowledged.length === 40) enough.resolve();
        }
      });
      await enough.promise;
      away = true;
      await server.kill9();
      await Promise.all(writers);
      t.equal(refused, 12);
      t.ok((await find(client)).length > 0, "searches are answered from memory");
      t.equal((await refusal(client.get({ itemId: "own-0" }))).code, Code.Unavailable);
      const late = refusal(
        client.search({ queries: [queryOf(unit(0))], k: 1, minSeq: 1_000_000n }, { timeoutMs: 300 }),
      );
      t.match(await late, { code: Code.DeadlineExceeded, rawMessage: /applied change \d+, not yet 1000000/ });
      await server.restart();
      const changeSeq = await accepted(client, "back");
      const third = await start("three");
      const all = { ownerIds: [""] };
      for (const { client: from } of [one, two, third]) {
        const messages = await from.search({ queries: [queryOf(unit(0))], k: 1000, minSeq: changeSeq, filter: all });
        const found = new Set(messages.results[0]!.neighbours.map(({ itemId }) => itemId));
        t.ok(found.has("back"));
        t.same(await missing(from, acknowledged), [], "no acknowledged write is lost");
      }
    },
  );

  await t.test("kill -9 of a replica while it writes: what it acknowledged is on the other one", async (t) => {
    const victim = await start("victim");
    const acknowledged: string[] = [];
    const enough = Promise.withResolvers<void>();
    const writers = Array.from({ length: 8 }, async (_, writer) => {
      for (let n = 0; ; n++) {
        const itemId = `victim-${writer}-${n}`;
        try {
          await victim.client.upsert({ items: [itemOf(itemId)] });
        } catch (error) {
          return ConnectError.from(error).code;
        }
        acknowledged.push(itemId);
        if (acknowledged.length === 60) enough.resolve();
      }
    });
    await enough.promise;
    await victim.kill9();
    t.same([...new Set(await Promise.all(writers))], [Code.Unavailable]);
    const changeSeq = await accepted(client, "after-victim");
    await find(two.client, changeSeq);
    t.same(await missing(two.client, acknowledged), []);
  });

  await t.test("in the end both replicas hold what PostgreSQL holds, and end with 0", async (t) => {
    for (const replica of [one, two]) {
      let last: { done: boolean; differences: bigint } | undefined;
      for await (const message of replica.client.verify({ vectorShare: 1 })) last = message;
      t.match(last, { done: true, differences: 0n });
      t.equal(await replica.stop(), 0);
    }
  });
});

/** Those that cannot be found. Connections to a PostgreSQL that is back are made one by one, so it may be asked again. */
async function missing(client: IndexClient, itemIds: string[]): Promise<string[]> {
  const lost: string[] = [];
  for (const itemId of itemIds) {
    await again(() => client.get({ itemId })).catch((error: unknown) =>
      lost.push(`${itemId}: ${ConnectError.from(error).message}`),
    );
  }
  return lost;
}

async function accepted(client: IndexClient, itemId: string): Promise<bigint> {
  return (await again(() => client.upsert({ items: [itemOf(itemId)] }))).changeSeq;
}

async function residentMB(replica: IndexProcess): Promise<number> {
  return new Metrics(await replica.metrics()).only("process_resident_memory_bytes") / 1e6;
}
