import t from "tap";
import type { AnnBuild, AnnGraph } from "../ann/ann.ts";
import { PlainEngine, plainScanner } from "../vectors/test-support.ts";
import { VectorIndex } from "../vectors/vector-index.ts";
import { type AnsweredSearch, type Outcome, RecallSampler, type RecallSamplerOptions } from "./sampler.ts";

/** Leaves out so many of the best rows: what it finds looks well and is wrong. */
class WrongEngine extends PlainEngine {
  readonly missed: number;

  constructor(missed: number) {
    super();
    this.missed = missed;
  }

  override async build(build: AnnBuild): Promise<AnnGraph> {
    const graph = await super.build(build);
    const search = graph.search.bind(graph);
    graph.search = async (query) => {
      const { labels, scores } = await search({ ...query, k: query.k + this.missed });
      return { labels: labels.subarray(this.missed), scores: scores.subarray(this.missed) };
    };
    return graph;
  }
}

const cheapGraph = {
  scanUs: (rows: number) => rows,
  scatteredUs: (rows: number) => rows,
  graphUs: () => 1,
  observeScan() {},
  observeGraph() {},
  forgetGraph() {},
};

async function setUp(missed: number, options: Partial<RecallSamplerOptions> = {}) {
  const index = new VectorIndex({
    dimensions: 2,
    scanner: plainScanner,
    graph: { engine: new WrongEngine(missed), factory: () => "Flat" },
    rebuild: { minGraphRows: 10 },
    costs: cheapGraph,
  });
  const seqs = new Map<string, bigint>();
  let seq = 0n;
  const put = (itemId: string, angle: number) => {
    index.remove(itemId);
    seqs.set(itemId, ++seq);
    index.add({ itemId, owner: 0, category: 0, colour: 0 }, Float32Array.of(Math.cos(angle), Math.sin(angle)));
  };
  for (let i = 0; i < 100; i++) put(`i${i}`, i / 100);
  await index.rebuild();
  const outcomes: Outcome[] = [];
  const errors: unknown[] = [];
  const clock = { now: 0 };
  const stop = new AbortController();
  const sampler = new RecallSampler({
    exactly: ({ vector }, k, signal) => index.search({ vector, k, signal, exact: true }),
    seqOf: (itemId) => seqs.get(itemId),
    share: 1,
    cpuMsPerSecond: 100,
    threads: 1,
    signal: stop.signal,
    random: () => 0,
    nowMs: () => clock.now,
    onOutcome: (_, outcome, error) => {
      outcomes.push(outcome);
      if (error) errors.push(error);
    },
    ...options,
  });
  const search = async (near: number, exact = false): Promise<AnsweredSearch> => {
    const angle = near + 0.003; // no two items are at the same distance
    const vector = Float32Array.of(Math.cos(angle), Math.sin(angle));
    const at = seq;
    return { index: "x", vector, k: 10, seq: at, answer: await index.search({ vector, k: 10, exact }) };
  };
  const ask = async (near: number, exact = false) => {
    sampler.offer(await search(near, exact));
    await sampler.settled();
  };
  t.teardown(() => index.close());
  return { index, sampler, put, search, ask, outcomes, errors, clock, stop };
}

t.test("an engine that misses the three nearest of ten has a recall of 0.7, one that misses none of 1", async (t) => {
  for (const missed of [0, 3]) {
    const { sampler, ask, outcomes } = await setUp(missed);
    for (let i = 0; i < 20; i++) await ask(i / 20);
    t.equal(outcomes.length, 20);
    const { graph, samples, low, all } = sampler.recall("x");
    t.equal(samples, 20);
    t.ok(Math.abs(graph - (1 - missed / 10)) < 1e-9, `${graph}`);
    t.equal(all, graph);
    t.ok(low < graph && low > graph - 0.25, `${low}`);
  }
});

t.test("exact answers count as 1 and are never measured", async (t) => {
  const { sampler, ask, outcomes } = await setUp(5);
  for (let i = 0; i < 3; i++) await ask(0.5, true);
  t.same(outcomes, []);
  t.match(sampler.recall("x"), { all: 1, graph: 1, samples: 0 });
  await ask(0.5);
  t.match(sampler.recall("x"), { graph: 0.5, samples: 1 });
  t.equal(sampler.recall("x").all, (3 + 0.5) / 4);
});

t.test("only a share is measured", async (t) => {
  const draws = [0.05, 0.1, 0.9];
  const { ask, outcomes } = await setUp(0, { share: 0.1, random: () => draws.shift()! });
  for (let i = 0; i < 3; i++) await ask(0.2);
  t.same(outcomes, ["measured"]);
});

t.test("one at a time: others are dropped and counted, none waits", async (t) => {
  const { sampler, search, outcomes } = await setUp(0);
  const answered = await search(0.3);
  for (let i = 0; i < 5; i++) sampler.offer(answered);
  t.same(outcomes, ["busy", "busy", "busy", "busy"]);
  await sampler.settled();
  t.equal(outcomes.at(-1), "measured");
});

t.test("the budget bounds what is measured, by threads and time", async (t) => {
  const clock = { now: 0 };
  const exactly: RecallSamplerOptions["exactly"] = async ({ answer }) => {
    clock.now += 200;
    return answer;
  };
  const { ask, outcomes } = await setUp(0, { exactly, threads: 4, cpuMsPerSecond: 100, nowMs: () => clock.now });
  await ask(0.1); // 800 ms, when 500 were saved up
  await ask(0.1);
  clock.now += 2950; // 295 of 300 earned back
  await ask(0.1);
  t.same(outcomes, ["measured", "over_budget", "over_budget"]);
  clock.now += 101;
  await ask(0.1);
  t.equal(outcomes.at(-1), "measured");
});

t.test("what changes between answer and measuring is not held against the graph", async (t) => {
  const { sampler, put, search } = await setUp(0);
  const answered = await search(0.5);
  for (let i = 0; i < 8; i++) put(`new${i}`, 0.5); // nearer than all
  put("i50", 3); // was the nearest
  sampler.offer(answered);
  await sampler.settled();
  t.match(sampler.recall("x"), { graph: 1, samples: 1 });
  for (let i = 0; i < 50; i++) put(`more${i}`, 0.5);
  sampler.offer(answered);
  await sampler.settled();
  t.equal(sampler.recall("x").samples, 1, "too much has changed to say");
});

t.test("a failure is told, and the next one is measured", async (t) => {
  let fails = true;
  const exactly: RecallSamplerOptions["exactly"] = async ({ answer }) => {
    if (fails) throw new Error("no scan");
    return answer;
  };
  const { ask, outcomes, errors } = await setUp(0, { exactly });
  await ask(0.1);
  fails = false;
  await ask(0.1);
  t.same(outcomes, ["failed", "measured"]);
  t.match(errors, [{ message: "no scan" }]);
});

t.test("nothing begins once it is stopped, and what goes on then is no failure", async (t) => {
  const { sampler, search, outcomes, stop } = await setUp(0);
  const answered = await search(0.1);
  sampler.offer(answered);
  stop.abort(new Error("draining"));
  await sampler.settled();
  sampler.offer(answered);
  t.same(outcomes, []);
});

t.test("a new graph begins with a clean sheet", async (t) => {
  const { sampler, ask } = await setUp(4);
  await ask(0.4);
  t.equal(sampler.recall("x").graph, 0.6);
  sampler.graphReplaced("x");
  t.match(sampler.recall("x"), { graph: 1, samples: 0 });
});
