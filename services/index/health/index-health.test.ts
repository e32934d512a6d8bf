import t from "tap";
import { HealthRegistry } from "../../kit/health.ts";
import { IndexHealth } from "./index-health.ts";
import { memoryFree } from "./memory.ts";
import { Serving } from "./serving.ts";
import { ServingGate } from "./serving-gate.ts";

const SERVICE = "flashfit.index.v1.IndexService";

/** Two indices of one replica, and everything that is said of them. */
function setUp() {
  const facts = { lag: 0, connected: true, recall: 1, tombstones: 0, late: 0, free: 0.5, behind: 0, now: 0 };
  const indexes = ["a", "b"].map((name) => ({
    name,
    vectors: {
      count: 10_000,
      get tombstones() {
        return name === "b" ? facts.tombstones : 0;
      },
    },
  }));
  const judge = new IndexHealth({
    indexes: () => [...indexes, { name: "empty", vectors: undefined }],
    log: facts,
    recall: (name) => (name === "b" ? facts.recall : 1),
    snapshotsLate: () => facts.late,
    memoryFree: () => facts.free,
    behindOthers: () => facts.behind,
    nowMs: () => facts.now,
  });
  const health = new HealthRegistry();
  health.set(SERVICE, "SERVING");
  const told: string[] = [];
  const tell = (fields: object) => void told.push((fields as { event: string }).event);
  const serving = new Serving({
    health,
    service: SERVICE,
    gate: new ServingGate({ low: 0.5, high: 0.7, holdMs: 10_000 }),
    judge: () => judge.serving(),
    log: { info: tell, warn: tell } as ConstructorParameters<typeof Serving>[0]["log"],
    nowMs: () => facts.now,
  });
  /** Look every second for so many of them. */
  const wait = (seconds: number) => {
    for (let i = 0; i < seconds; i++) {
      facts.now += 1000;
      serving.look();
    }
    return health.get(SERVICE);
  };
  return { facts, judge, indexes, wait, told };
}

t.test("a log that is away costs score and no replica", async (t) => {
  const { facts, judge, indexes, wait } = setUp();
  facts.connected = false;
  facts.lag = 100_000;
  t.equal(judge.score(indexes[0]!).toFixed(2), "0.21", "the alert fires");
  t.same(wait(60), { status: "SERVING" });
});

t.test("a replica that is behind another leaves, and returns when it has caught up", async (t) => {
  const { facts, wait, told } = setUp();
  facts.lag = 5000;
  t.same(wait(60), { status: "SERVING" }, "all are behind a bulk load alike");
  facts.behind = 5000;
  t.same(wait(10), { status: "SERVING" }, "for a moment");
  t.match(wait(1), { status: "NOT_SERVING", reason: /score is 0\.31, mostly because of freshness of a/ });
  facts.behind = 100;
  t.match(wait(30), { status: "NOT_SERVING" }, "0.65 is not enough to return");
  facts.behind = 10;
  t.match(wait(11), { status: "SERVING" });
  t.same(told, ["health_lost", "health_recovered"]);
});

t.test("searches that fail take a replica out for as long as they are remembered", async (t) => {
  const { facts, judge, indexes, wait } = setUp();
  for (let i = 0; i < 20; i++) judge.searched("b", false);
  t.equal(judge.score(indexes[1]!), 1);
  for (let i = 0; i < 20; i++) judge.searched("b", true);
  t.equal(judge.score(indexes[1]!).toFixed(2), "0.20");
  t.equal(judge.score(indexes[0]!), 1, "the other index is well");
  t.match(wait(11), { status: "NOT_SERVING", reason: /errors of b/ });
  facts.now += 60_000;
  t.match(wait(11), { status: "SERVING" });
});

t.test("a bad graph, which is bad everywhere, makes no replica leave; with many tombstones it does", async (t) => {
  const { facts, judge, indexes, wait } = setUp();
  facts.recall = 0.2;
  t.equal(judge.score(indexes[1]!).toFixed(2), "0.55");
  t.equal(judge.parts(indexes[0]!).recall, 1);
  t.same(wait(30), { status: "SERVING" });
  facts.tombstones = 90_000;
  t.match(wait(11), { status: "NOT_SERVING", reason: /recall of b/ });
});

t.test("old snapshots and little memory are parts of the score", async (t) => {
  const { facts, judge, indexes } = setUp();
  facts.late = 6;
  facts.free = 0.01;
  const { snapshot, memory } = judge.parts(indexes[0]!);
  t.equal(snapshot, 0.5);
  t.equal(memory.toFixed(2), "0.10");
  t.equal(judge.parts({ name: "empty", vectors: undefined }).tombstones, 1);
});

t.test("the free memory of this machine is a share", async (t) => {
  const free = memoryFree();
  t.ok(free > 0 && free <= 1, `${free}`);
});
