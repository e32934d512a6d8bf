import fc from "fast-check";
import t from "tap";
import type { AnnAnswer, AnnParams, AnnQuery } from "../ann/ann.ts";
import { GatheredSearches } from "./gathered-searches.ts";

const DIMENSIONS = 2;
const US_A_VECTOR = 7;

/** A graph that finds rows which tell what was asked, and keeps how it was asked. */
class TellingGraph {
  readonly dimensions = DIMENSIONS;
  readonly asked: AnnQuery[] = [];
  held = 0;
  readonly hold = () => {
    this.held++;
    return () => {
      this.held--;
    };
  };
  /** What an answer waits for. */
  before: (query: AnnQuery) => Promise<void> = async () => {};

  async search(query: AnnQuery): Promise<AnnAnswer> {
    if (this.held === 0) throw new Error("nobody holds the graph");
    this.asked.push(query);
    const { vectors, k, params } = query;
    const count = vectors.length / DIMENSIONS;
    await this.before(query);
    const labels = new Int32Array(count * k);
    for (let at = 0; at < labels.length; at++) {
      const [value = 0] = vectors.subarray(Math.floor(at / k) * DIMENSIONS);
      labels[at] = value * 10_000 + (params?.efSearch ?? 0) * 100 + (at % k);
    }
    return { labels, scores: Float32Array.from(labels, (label) => -label), workUs: count * US_A_VECTOR };
  }
}

const one = (value: number) => Float32Array.of(value, -value);

t.test("everybody gets the graph's own answer; those of one turn that ask alike are looked for together", async (t) => {
  const query = fc.record({
    values: fc.array(fc.nat(99), { minLength: 1, maxLength: 5 }),
    k: fc.integer({ min: 1, max: 3 }),
    params: fc.option(fc.record({ efSearch: fc.integer({ min: 1, max: 2 }) }), { nil: undefined }),
  });
  const turns = fc.array(fc.array(query, { maxLength: 30 }), { maxLength: 4 });
  let together = 0;
  await fc.assert(
    fc.asyncProperty(turns, async (turns) => {
      const [graph, alone] = [new TellingGraph(), new TellingGraph()];
      alone.hold();
      const searches = new GatheredSearches(graph, graph.hold);
      let asked = 0;
      for (const queries of turns) {
        const expected: AnnAnswer[] = [];
        const found = queries.map(({ values, ...how }) => searches.ask({ vectors: vectorsOf(values), ...how }));
        for (const { values, ...how } of queries)
          expected.push(await alone.search({ vectors: vectorsOf(values), ...how }));
        t.same(await Promise.all(found), expected);
        const kinds = new Set(queries.map(({ k, params }) => `${k} ${params?.efSearch}`));
        const calls = graph.asked.length - asked;
        t.ok(calls >= kinds.size && (queries.length > 3 || calls === kinds.size), `${calls} of ${kinds.size}`);
        asked = graph.asked.length;
        if (calls < queries.length) together++;
        t.equal(graph.held, 0);
      }
    }),
    { numRuns: 100 },
  );
  t.ok(together > 50);
});

t.test("no more than 16 vectors are looked for together, but for one who asks for more", async (t) => {
  const graph = new TellingGraph();
  const searches = new GatheredSearches(graph, graph.hold);
  const many = vectorsOf(Array.from({ length: 20 }, (_, at) => at));
  await Promise.all([
    ...Array.from({ length: 40 }, (_, at) => searches.ask({ vectors: one(at), k: 1 })),
    searches.ask({ vectors: many, k: 1 }),
  ]);
  const sizes = graph.asked.map(({ vectors }) => vectors.length / DIMENSIONS);
  t.same(sizes, [16, 16, 8, 20]);
});

t.test("who goes is not looked for, or not waited for; the others have their answers", async (t) => {
  const graph = new TellingGraph();
  const searches = new GatheredSearches(graph, graph.hold);
  const [before, meanwhile] = [new AbortController(), new AbortController()];
  const gone = searches.ask({ vectors: one(1), k: 1, signal: before.signal });
  const leaving = searches.ask({ vectors: one(2), k: 1, signal: meanwhile.signal });
  const staying = searches.ask({ vectors: one(3), k: 1 });
  const { promise: goOn, resolve } = Promise.withResolvers<void>();
  const began = new Promise<void>((told) => {
    graph.before = () => {
      told();
      return goOn;
    };
  });
  before.abort(new Error("gone"));
  await t.rejects(gone, new Error("gone"));
  t.equal(graph.held, 1);
  await began;
  meanwhile.abort(new Error("leaving"));
  await t.rejects(leaving, new Error("leaving"));
  resolve();
  t.same((await staying).labels, [30_000]);
  t.same([...graph.asked[0]!.vectors], [...one(2), ...one(3)]);
  t.equal(graph.asked[0]!.signal, undefined);
  t.equal(graph.held, 0);
});

t.test("the graph is held from when somebody asks, and let go also where all have gone", async (t) => {
  const graph = new TellingGraph();
  const searches = new GatheredSearches(graph, graph.hold);
  const gone = searches.ask({ vectors: one(1), k: 1, signal: AbortSignal.abort(new Error("gone")) });
  t.equal(graph.held, 1);
  await t.rejects(gone, new Error("gone"));
  t.equal(graph.held, 0);
  t.same(graph.asked, []);
});

t.test("one alone may end the search itself", async (t) => {
  const graph = new TellingGraph();
  const { signal } = new AbortController();
  await new GatheredSearches(graph, graph.hold).ask({ vectors: one(1), k: 1, signal });
  t.equal(graph.asked[0]!.signal, signal);
});

t.test("a search that fails fails for all who asked for it, and for nobody else", async (t) => {
  const graph = new TellingGraph();
  const searches = new GatheredSearches(graph, graph.hold);
  const failure = new Error("no memory");
  graph.before = async ({ k }) => {
    if (k === 2) throw failure;
  };
  const ask = (k: number, params?: AnnParams) => searches.ask({ vectors: one(1), k, ...(params && { params }) });
  const found = await Promise.allSettled([ask(2), ask(1), ask(2)]);
  t.same(
    found.map(({ status }) => status),
    ["rejected", "fulfilled", "rejected"],
  );
  t.equal(found[0]?.status === "rejected" && found[0].reason, failure);
  t.same((await ask(1)).labels, [10_000], "the next turn begins anew");
});

function vectorsOf(values: number[]): Float32Array {
  return Float32Array.from(values.flatMap((value) => [value, -value]));
}
