import t from "tap";
import type { Attributes } from "./attributes.ts";
import { CostModel } from "./cost-model.ts";
import { Rebuilder, type RebuilderOptions } from "./rebuilder.ts";
import { RowSet } from "./row-set.ts";
import { PlainEngine, plainScanner } from "./test-support.ts";
import type { VectorEvent } from "./types.ts";
import { VectorIndex } from "./vector-index.ts";

const item = (itemId: string): Attributes => ({ itemId, owner: 0, category: 0, colour: 0 });
const vector = (n: number) => Float32Array.of(n, 1);

/** A rebuilder over rows of its own, with a clock and timers that the test moves. */
function rebuilder(rows: number, more: Partial<RebuilderOptions> = {}) {
  const engine = new PlainEngine();
  const events: VectorEvent[] = [];
  const timers: { callback: () => void; ms: number; dueMs: number }[] = [];
  const clock = { ms: 0 };
  let current = { rows: new RowSet({ dimensions: 2 }), graph: undefined } as ReturnType<RebuilderOptions["current"]>;
  for (let n = 0; n < rows; n++) current.rows.add(item(`i${n}`), vector(n));
  const one = new Rebuilder({
    metric: "ip",
    graph: { engine, factory: (count) => `Plain${count}` },
    settings: { minGraphRows: 10, minDeadRows: 4, backoffMs: 100, maxBackoffMs: 350 },
    nowMs: () => clock.ms,
    onEvent: (event) => events.push(event),
    current: () => current,
    replace: (fresh, graph) => {
      current = { rows: fresh, graph };
    },
    setTimer: (callback, ms) => {
      const timer = { callback, ms, dueMs: clock.ms + ms };
      timers.push(timer);
      return () => void timers.splice(timers.indexOf(timer), 1);
    },
    ...more,
  });
  /** Let the next timer come when it is due. */
  const pass = async () => {
    const { callback, ms } = timers.shift()!;
    clock.ms += ms;
    callback();
    await one.settled();
    return ms;
  };
  return { one, engine, events, timers, clock, pass, current: () => current };
}

t.test("a failed rebuild leaves what serves, is told, and is tried again after longer and longer", async (t) => {
  const { one, engine, events, pass, current } = rebuilder(20);
  engine.before = () => {
    throw new Error("no memory");
  };
  const before = current().rows;
  one.check();
  await one.settled();
  t.match(one.state, { phase: "waiting", failures: 1, lastError: "no memory", completed: 0 });
  t.same([await pass(), await pass(), await pass(), await pass()], [100, 200, 350, 350]);
  t.equal(current().rows, before);
  t.match(events.at(-1), { kind: "rebuild-failed", error: /no memory/, failures: 5, retryInMs: 350 });
  await t.rejects(one.rebuild(), /no memory/, "who asks for one is told as well");
  engine.before = () => {};
  await pass();
  t.match(one.state, { phase: "idle", failures: 0, lastError: undefined, completed: 1 });
  t.match(events.at(-1), { kind: "rebuilt", rows: 20, graph: "Plain20", compacted: false });
  t.equal(current().graph?.graph.count, 20);
  await one.close();
});

t.test("rows that died are moved away once they are many, and a graph is built of what is left", async (t) => {
  const { one, events, current } = rebuilder(20);
  one.check();
  await one.settled();
  const old = current().graph!;
  for (let n = 0; n < 4; n++) {
    current().rows.remove(`i${n}`);
    one.removed(`i${n}`);
  }
  await one.settled();
  t.equal(events.length, 1, "four of twenty are not many");
  current().rows.remove("i4");
  one.removed("i4");
  await one.settled();
  t.match(events.at(-1), { kind: "rebuilt", compacted: true, graph: "Plain15" });
  t.same([current().rows.rows, current().rows.dead], [15, 0]);
  t.not(current().graph, old);
  await one.close();
});

t.test("a rebuild that took long is not followed by the next one at once", async (t) => {
  const { one, engine, events, timers, clock, current, pass } = rebuilder(20);
  engine.before = () => {
    clock.ms += 50;
  };
  await one.rebuild();
  for (let n = 20; n < 26; n++) one.added(current().rows.add(item(`i${n}`), vector(n)));
  await one.settled();
  t.equal(events.length, 1);
  t.same(
    timers.map(({ ms }) => ms),
    [150],
    "one timer, three times as long as it took",
  );
  await pass();
  t.equal(current().graph?.graph.count, 26);
  await one.close();
});

t.test("with very many rows outside the graph the rest is shorter", async (t) => {
  const { one, engine, timers, clock, current, pass } = rebuilder(20);
  engine.before = () => {
    clock.ms += 50;
  };
  await one.rebuild();
  const waits = () => timers.map(({ ms }) => ms);
  const add = (n: number) => one.added(current().rows.add(item(`i${n}`), vector(n)));
  for (let n = 20; n < 26; n++) add(n);
  t.same(waits(), [150], "six of 26 rows are newer: three times as long as it took");
  add(26);
  t.same(waits(), [50], "seven of 27 are more than a quarter");
  await pass();
  t.equal(current().graph?.graph.count, 27);
  await one.close();
});

t.test("once nothing is written for a while, also a few newer rows come into the graph", async (t) => {
  const { one, timers, clock, current } = rebuilder(200, {
    settings: { minGraphRows: 10, quietNewShare: 0.01, quietMs: 1000 },
  });
  await one.rebuild();
  const add = (n: number) => one.added(current().rows.add(item(`i${n}`), vector(n)));
  const [first, second] = [() => [add(200), add(201)], () => add(202)];
  first();
  t.equal(timers.length, 0, "two of 202 are no more than one in a hundred");
  second();
  t.same(
    timers.map(({ ms }) => ms),
    [1000],
  );
  clock.ms += 600;
  add(203);
  t.equal(timers.length, 1, "a write sets no timer of its own");
  const due = timers.shift()!;
  clock.ms += 400;
  due.callback();
  await one.settled();
  t.equal(current().graph?.graph.count, 200, "the last write is 400 ms ago");
  t.same(
    timers.map(({ ms }) => ms),
    [600],
  );
  clock.ms += 600;
  timers.shift()!.callback();
  await one.settled();
  t.equal(current().graph?.graph.count, 204);
  t.equal(timers.length, 0, "then there is nothing to wait for");
  await one.close();
});

t.test(
  "however much is written, the share outside the graph stays bounded, and a rebuild rests before the next",
  async (t) => {
    const { one, engine, timers, clock, current } = rebuilder(100);
    engine.before = () => {
      clock.ms += 20;
    };
    await one.rebuild();
    let outside = 0;
    for (let n = 100; n < 3000; n++) {
      one.added(current().rows.add(item(`i${n}`), vector(n)));
      clock.ms++;
      const due = timers.findIndex(({ dueMs }) => dueMs <= clock.ms);
      if (due >= 0) timers.splice(due, 1)[0]!.callback();
      await one.settled();
      const { rows, graph } = current();
      if (n > 400) outside = Math.max(outside, (rows.rows - graph!.graph.count) / rows.rows);
    }
    t.ok(outside > 0.05 && outside < 0.25, `${outside}`);
    t.ok(one.state.completed < 60, `${one.state.completed} rebuilds`);
    await one.close();
  },
);

t.test("no rebuild begins while paused; what is due begins after", async (t) => {
  const { one, current } = rebuilder(20);
  const resume = one.pause();
  one.check();
  await one.settled();
  t.equal(current().graph, undefined);
  resume();
  resume();
  await one.settled();
  t.equal(current().graph?.graph.count, 20);
  await one.close();
});

t.test("closing ends a rebuild under way, and no further one begins", async (t) => {
  const { one, engine, current, events } = rebuilder(200);
  const begun = Promise.withResolvers<void>();
  engine.before = () => begun.resolve();
  const rebuilding = one.rebuild();
  await begun.promise;
  const ended = t.rejects(rebuilding, /the index was closed/);
  await one.close();
  await ended;
  await t.rejects(one.rebuild(), /the index was closed/);
  t.same([events, current().graph], [[], undefined]);
});

t.test("rows that a graph does not reach are scanned for, also when newer rows are dead", async (t) => {
  const engine = new PlainEngine();
  const index = new VectorIndex({
    dimensions: 2,
    metric: "ip",
    scanner: plainScanner,
    graph: { engine, factory: () => "Plain", prefer: true },
    rebuild: { minGraphRows: 5, maxNewShare: 1 },
  });
  for (let n = 0; n < 10; n++) index.add(item(`i${n}`), vector(n));
  await index.settled();
  for (let n = 10; n < 14; n++) {
    index.add(item(`i${n}`), vector(n));
    index.remove(`i${n}`);
  }
  const search = { vector: vector(1), k: 14 };
  t.match(await index.search(search), { plan: { kind: "graph" }, neighbours: { length: 10 } });
  const [graph] = engine.graphs;
  const all = graph!.search.bind(graph);
  graph!.search = async (query) => {
    const found = await all(query);
    return { ...found, labels: found.labels.map((label) => (label === 3 ? -1 : label)) };
  };
  const { neighbours, plan } = await index.search(search);
  t.equal(neighbours.length, 10);
  t.match(plan, { kind: "exact-all", reason: /the graph did not give/ });
  await index.close();
});

t.test("a graph that breaks is left: searches go on without it, and another one is built", async (t) => {
  const engine = new PlainEngine();
  const events: VectorEvent[] = [];
  const index = new VectorIndex({
    dimensions: 2,
    metric: "ip",
    scanner: plainScanner,
    graph: { engine, factory: () => "Plain" },
    costs: Object.assign(new CostModel(2), { graphUs: () => -1_000_000 }),
    rebuild: { minGraphRows: 5, backoffMs: 0 },
    onEvent: (event) => events.push(event),
  });
  for (let n = 0; n < 10; n++) index.add(item(`i${n}`), vector(n));
  await index.settled();
  const search = { vector: vector(1), k: 2 };
  t.equal((await index.search(search)).plan.kind, "graph");
  engine.before = (what) => {
    if (what === "search") throw new Error("the process has died");
  };
  const { neighbours, plan } = await index.search(search);
  t.same(
    neighbours.map(({ itemId }) => itemId),
    ["i9", "i8"],
  );
  t.match(plan, { kind: "exact-all", engine: "flat", reason: /the graph did not give 2 neighbours/ });
  engine.before = () => {};
  t.match(events, [
    { kind: "rebuilt" },
    { kind: "graph-failed", error: /has died/ },
    { kind: "rebuild-failed", error: /has died/, failures: 1 },
  ]);
  await index.settled();
  t.equal((await index.search(search)).plan.kind, "graph");
  await index.close();
  t.ok(engine.graphs.every(({ closed }) => closed));
});
