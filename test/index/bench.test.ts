import { setTimeout as sleep } from "node:timers/promises";
import t from "tap";
import { K, recallOf } from "../../bench/index/data.ts";
import { placeOf } from "../../bench/index/peers/places.ts";
import { turnsOf } from "../../bench/index/turns.ts";

t.test("recall is the share of each query's true neighbours, whatever their order", async (t) => {
  const truth = Int32Array.from({ length: 2 * K }, (_, at) => at);
  t.equal(recallOf(truth, truth), 1);
  t.equal(recallOf([...truth.subarray(0, K).toReversed(), ...Array(K).fill(-1)], truth), 0.5);
  t.equal(recallOf([...truth.subarray(K), ...truth.subarray(0, K)], truth), 0, "of another query they do not count");
});

t.test("a turn of the event loop that takes long is seen", async (t) => {
  const turns = await turnsOf(async () => {
    await sleep(5);
    for (const end = performance.now() + 40; performance.now() < end; );
    await sleep(5);
  });
  t.ok(turns.longestMs >= 40, `${turns.longestMs} ms`);
});

t.test("a peer that is not there says what to do", async (t) => {
  const scripts = t.testdir({ "start-redis.sh": "", "start-pg.sh": "" });
  const { PEERS_DIR, PEERS_SCRIPTS } = process.env;
  t.teardown(() => Object.assign(process.env, { PEERS_DIR: PEERS_DIR ?? "", PEERS_SCRIPTS: PEERS_SCRIPTS ?? "" }));
  Object.assign(process.env, { PEERS_SCRIPTS: scripts, PEERS_DIR: "" });
  t.match(placeOf("weaviate", "data"), { reason: /start-weaviate.sh: set PEERS_SCRIPTS/ });
  t.match(placeOf("redis_stack", "data"), { reason: /PEERS_DIR is not set: bash .*install.sh FOLDER vec/ });
  process.env.PEERS_DIR = t.testdir({ v: { bin: { python: "" } }, "start-redis.sh": "", "start-pg.sh": "" });
  process.env.PEERS_SCRIPTS = process.env.PEERS_DIR;
  t.match(placeOf("redis_stack", "data"), { reason: /no .*libssl/ });
  t.match(placeOf("pgvector", "data"), { port: 5490 });
});
