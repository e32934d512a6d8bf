import fc from "fast-check";
import t from "tap";
import { CostModel } from "./cost-model.ts";
import { type PlanInput, plan, WEAK_FILTER } from "./planner.ts";

const graph = (built: number, measuresExactly = false) => ({ engine: "faiss", built, measuresExactly });
const measured = new CostModel(256);
const million: PlanInput = {
  rows: 1_000_000,
  live: 1_000_000,
  candidates: 1_000_000,
  filtered: false,
  k: 10,
  exact: false,
  graph: graph(1_000_000),
  costs: measured,
};

t.test("many rows are searched by graph, few are scanned", async (t) => {
  t.match(plan(million), {
    kind: "graph",
    engine: "faiss",
    fetch: 15,
    reason: /is expected to take \d+ µs, a scan \d/,
  });
  const few = { rows: 100, live: 100, candidates: 100, graph: graph(100) };
  t.match(plan({ ...million, ...few }), { kind: "exact-all", engine: "flat", reason: /a scan is expected to take/ });
});

t.test("of a graph that measures exactly no more is asked than is wanted, while all its rows count", async (t) => {
  const exact = { ...million, graph: graph(1_000_000, true) };
  t.match(plan(exact), { kind: "graph", fetch: 10 });
  t.match(plan({ ...exact, k: 1 }), { kind: "graph", fetch: 10 });
  t.match(plan({ ...exact, k: 50 }), { kind: "graph", fetch: 50 });
  t.match(plan({ ...exact, live: 500_000, candidates: 500_000 }), { kind: "graph", fetch: 30 });
});

t.test("a preferred graph answers whatever may be approximate, however few rows there are", async (t) => {
  const few = { ...million, rows: 100, live: 100, candidates: 100, graph: graph(100) };
  const preferred = { ...few, preferGraph: true };
  t.match(plan(preferred), { kind: "graph", reason: /graphs are preferred/ });
  t.match(plan({ ...preferred, exact: true }), { kind: "exact-all" });
  t.match(plan({ ...preferred, filtered: true, candidates: 40 }), { kind: "exact-rows" });
  t.match(plan({ ...preferred, graph: { none: "none here" } }), { kind: "exact-all", reason: "none here" });
});

t.test("a filter is answered exactly, the more so the fewer rows it leaves", async (t) => {
  for (const share of [0.1, 0.01, 0.001]) {
    const chosen = plan({ ...million, filtered: true, candidates: million.rows * share });
    t.match(chosen, { kind: "exact-rows", reason: `the filter leaves ${share * 100} %` });
  }
  t.match(plan({ ...million, filtered: true, candidates: 900_000 }), { kind: "graph", fetch: 17 });
});

t.test("dead rows are fetched beyond, newer rows are scanned, and both are paid for", async (t) => {
  const half = plan({ ...million, live: 500_000, candidates: 500_000 });
  t.match(half, { kind: "graph", fetch: 30 });
  const behind = plan({ ...million, graph: graph(900_000) });
  t.match(behind, { kind: "graph", reason: /a scan of 100000 newer rows/ });
  t.ok(behind.estimatedUs > plan(million).estimatedUs);
  t.match(plan({ ...million, graph: graph(1000) }), { kind: "exact-all" });
});

t.test("whatever is asked, a plan is sound", async () => {
  const input = fc
    .record({
      rows: fc.integer({ min: 1, max: 5_000_000 }),
      live: fc.nat(1_000_000),
      candidates: fc.nat(1_000_000),
      built: fc.nat(1_000_000),
      k: fc.integer({ min: 1, max: 1000 }),
      exact: fc.boolean(),
      hasGraph: fc.boolean(),
      measuresExactly: fc.boolean(),
      efSearch: fc.option(fc.integer({ min: 1, max: 2000 }), { nil: undefined }),
    })
    .map((one) => {
      const live = one.live % (one.rows + 1);
      const candidates = one.candidates % (live + 1);
      return { ...one, live, candidates, built: Math.max(1, one.built % (one.rows + 1)) };
    });
  fc.assert(
    fc.property(input, ({ built, hasGraph, measuresExactly, ...one }) => {
      const filtered = one.candidates < one.live;
      const given = hasGraph ? graph(built, measuresExactly) : { none: "none here" };
      const { kind, fetch, estimatedUs, reason, candidates } = plan({
        ...one,
        filtered,
        graph: given,
        costs: measured,
      });
      const mayUseGraph = hasGraph && !one.exact && one.candidates > 0;
      const weak = !filtered || one.candidates / one.live >= WEAK_FILTER;
      return (
        candidates === one.candidates &&
        (kind === "empty") === (candidates === 0) &&
        (kind !== "graph" || (mayUseGraph && weak && fetch >= Math.min(built, one.k) && fetch <= built)) &&
        (kind === "graph" || fetch === 0) &&
        Number.isFinite(estimatedUs) &&
        estimatedUs >= 0 &&
        reason !== ""
      );
    }),
  );
});

t.test("what is measured moves the estimates, and one slow search hardly does", async (t) => {
  const costs = new CostModel(100);
  const before = costs.scanUs(100_000);
  costs.observeScan(100_000, 1_000_000_000);
  t.ok(costs.scanUs(100_000) < before * 1.2);
  for (let n = 0; n < 300; n++) costs.observeScan(100_000, 1000);
  t.ok(Math.abs(costs.scanUs(100_000) - 1025) < 20, `${costs.scanUs(100_000)} µs`);
  for (let n = 0; n < 300; n++) costs.observeGraph(64, 400);
  t.ok(Math.abs(costs.graphUs(64) - 430) < 20, `${costs.graphUs(64)} µs`);
  const scan = costs.scanUs(100_000);
  costs.observeScan(10, 1_000_000);
  t.equal(costs.scanUs(100_000), scan, "a small scan says nothing of rows");
});
