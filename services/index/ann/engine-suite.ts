import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import fc from "fast-check";
import t from "tap";
import { type AnnEngine, AnnError, type AnnGraph, type AnnMetric, type AnnParams, type AnnStart } from "./ann.ts";
import { exact, recall, type SuiteData, scoresAreExact, suiteData } from "./suite-data.ts";

/** What a graph must find of the ten nearest. */
interface Floor {
  factory: string;
  params?: AnnParams;
  recall: number;
}

export interface SuiteOptions {
  name: string;
  start(): Promise<AnnStart>;
  /** Whether efSearch, nprobe and refine of a search are heeded. Default true. */
  params?: boolean;
  /** Whether a file holds all of a graph, so that its size says how large it is. Default true. */
  wholeFiles?: boolean;
  /** Rows of a build that takes a while, more than 5,000. Default 20,000. */
  manyRows?: number;
  floors?: readonly Floor[];
}

const standardFloors: readonly Floor[] = [
  { factory: "Flat", recall: 1 },
  { factory: "HNSW16,Flat", params: { efSearch: 64 }, recall: 0.98 },
  { factory: "HNSW32,SQ8", params: { efSearch: 64 }, recall: 0.95 },
  { factory: "IVF64,Flat", params: { nprobe: 64 }, recall: 1 },
  { factory: "IVF64,Flat", params: { nprobe: 16 }, recall: 0.9 },
  { factory: "IVF64,PQ16x4fs,RFlat", params: { nprobe: 64, refine: 20 }, recall: 0.95 },
  { factory: "PCA24,HNSW24,SQ8,RFlat", params: { efSearch: 64, refine: 10 }, recall: 0.9 },
];

/** What every engine keeps to. Where an engine cannot be had, that is said, and nothing passes. */
export async function testEngine({
  name,
  start,
  params = true,
  wholeFiles = true,
  manyRows = 20_000,
  floors = standardFloors,
}: SuiteOptions): Promise<void> {
  const started = await start();
  if (!started.available) {
    t.pass("", { skip: `skipped: ${name}: ${started.reason}` });
    console.error(`skipped: engine ${name}: ${started.reason}`);
    return;
  }
  const { engine } = started;
  const data = suiteData();
  const folder = await mkdtemp(join(os.tmpdir(), "flashfit-ann-"));
  t.teardown(async () => {
    await engine.close();
    await rm(folder, { recursive: true });
  });

  t.test(`${name} says what it is`, async (t) => {
    t.equal(engine.name, name);
    t.match(engine.version, /^\d+\.\d+/);
    t.not(engine.source, "");
  });
  testAnswers(engine, data, floors);
  if (params) testParameters(engine, data);
  testRefusals(engine, data);
  testFiles(engine, data, folder, floors, wholeFiles);
  testLife(engine, data, manyRows);
  t.test("closing the engine closes its graphs, and it builds no more", async (t) => {
    const other = await start();
    if (!other.available) throw new Error(other.reason);
    const graph = await build(other.engine, data, "Flat");
    await other.engine.close();
    await t.rejects(graph.search({ vectors: data.queries, k: 1 }), AnnError);
    await t.rejects(build(other.engine, data, "Flat"), AnnError);
  });
}

function testAnswers(engine: AnnEngine, data: SuiteData, floors: readonly Floor[]): void {
  for (const metric of ["ip", "l2"] as const) {
    t.test(`Flat by ${metric} answers as a comparison with every row does`, async (t) => {
      await using graph = disposable(await build(engine, data, "Flat", metric));
      const truth = exact(data, metric, 10);
      const { labels, scores } = await graph.search({ vectors: data.queries, k: 10 });
      for (const [query, best] of truth.entries()) {
        const answer = [...labels.subarray(query * 10, query * 10 + 10)];
        t.same(
          answer,
          best.map(({ row }) => row),
        );
        for (const [rank, { score }] of best.entries()) {
          if (Math.abs(scores[query * 10 + rank]! - score) > 1e-5) t.fail(`score ${rank} of query ${query}`);
        }
      }
    });
    for (const { factory, params, recall: floor } of floors) {
      t.test(`${factory} by ${metric} finds ${floor * 100} % with ${JSON.stringify(params ?? {})}`, async (t) => {
        await using graph = disposable(await build(engine, data, factory, metric));
        t.equal(graph.count, data.count);
        t.equal(graph.dimensions, data.dimensions);
        t.equal(graph.metric, metric);
        t.ok(graph.memoryBytes > data.count * 8, `${graph.memoryBytes} bytes`);
        const { labels, scores } = await graph.search({ vectors: data.queries, k: 10, params });
        const found = recall(labels, exact(data, metric, 10));
        t.ok(found >= floor, `recall ${found}`);
        for (let i = 1; i < scores.length; i++) {
          if (i % 10 !== 0 && scores[i]! > scores[i - 1]!) t.fail(`score ${i} is better than the one before`);
        }
        if (graph.measuresExactly) t.ok(scoresAreExact({ labels, scores }, data, metric), "scores of whole vectors");
      });
    }
  }

  t.test("a batch is answered as its queries are one by one", async (t) => {
    await using graph = disposable(await build(engine, data, "HNSW16,Flat"));
    const vectors = new Float32Array(data.queries.length * 4);
    for (let i = 0; i < 4; i++) vectors.set(data.queries, i * data.queries.length);
    const batch = await graph.search({ vectors, k: 3 });
    const single = await Promise.all(
      Array.from({ length: 160 }, (_, i) =>
        graph.search({ vectors: vectors.slice(i * data.dimensions, (i + 1) * data.dimensions), k: 3 }),
      ),
    );
    t.same(
      [...batch.labels],
      single.flatMap(({ labels }) => [...labels]),
    );
    t.same(
      [...batch.scores],
      single.flatMap(({ scores }) => [...scores]),
    );
  });

  t.test("what is not there is -1 and infinitely bad", async (t) => {
    await using graph = disposable(await build(engine, { ...data, count: 2 }, "HNSW16,Flat"));
    const { labels, scores } = await graph.search({ vectors: data.rows(1, 1), k: 4 });
    t.same([...labels.subarray(0, 1)], [1]);
    t.same([...labels.subarray(2)], [-1, -1]);
    t.same([...scores.subarray(2)], [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY]);
  });

  t.test("no query has no answer", async (t) => {
    await using graph = disposable(await build(engine, data, "Flat"));
    const { labels, scores } = await graph.search({ vectors: new Float32Array(0), k: 4 });
    t.equal(labels.length, 0);
    t.equal(scores.length, 0);
  });

  t.test("a range search finds every row from the score on, where the engine has it", async (t) => {
    for (const metric of ["ip", "l2"] as const) {
      await using graph = disposable(await build(engine, data, "Flat", metric));
      if (!graph.searchRange) return t.comment("this engine has no range search");
      // The score of the tenth row itself is the limit: it is in.
      const [answer] = await graph.searchRange({
        vectors: data.queries.subarray(0, data.dimensions),
        minScore: (await graph.search({ vectors: data.queries.subarray(0, data.dimensions), k: 10 })).scores[9]!,
      });
      t.same(
        [...answer!.labels],
        exact(data, metric, 10)[0]!.map(({ row }) => row),
      );
    }
  });
}

function testParameters(engine: AnnEngine, data: SuiteData): void {
  t.test("searches with different parameters at a time each have their own", async (t) => {
    const cases: [string, AnnParams[]][] = [
      ["HNSW4,Flat", [{}, { efSearch: 1 }, { efSearch: 200 }]],
      ["IVF64,Flat", [{}, { nprobe: 4 }, { nprobe: 64 }]],
      ["IVF16,PQ4x4fs,RFlat", [{ nprobe: 16 }, { nprobe: 16, refine: 30 }, {}]],
    ];
    for (const [factory, params] of cases) {
      await using graph = disposable(await build(engine, data, factory));
      const alone: string[] = [];
      for (const some of params) {
        alone.push((await graph.search({ vectors: data.queries, k: 10, params: some })).labels.join());
      }
      t.equal(new Set(alone).size, params.length, `${factory}: the parameters make a difference`);
      const together = await Promise.all(
        Array.from({ length: 30 }, (_, i) => graph.search({ vectors: data.queries, k: 10, params: params[i % 3]! })),
      );
      for (const [i, { labels }] of together.entries()) t.equal(labels.join(), alone[i % 3]);
    }
  });
}

function testRefusals(engine: AnnEngine, data: SuiteData): void {
  t.test("sizes that do not fit are refused before anything runs", async (t) => {
    await using graph = disposable(await build(engine, data, "HNSW16,Flat"));
    await t.rejects(
      graph.search({ vectors: new Float32Array(data.dimensions + 1), k: 1 }),
      new RangeError("expected vectors of 32 dimensions, got 33 values"),
    );
    const vectors = data.queries;
    for (const k of [0, -1, 1.5, Number.NaN, 1e9]) await t.rejects(graph.search({ vectors, k }), RangeError);
    for (const efSearch of [0, -5, 0.5, Number.POSITIVE_INFINITY]) {
      await t.rejects(graph.search({ vectors, k: 1, params: { efSearch } }), RangeError);
    }
    await t.rejects(build(engine, { ...data, count: 0 }, "Flat"), RangeError);
    await t.rejects(build(engine, { ...data, dimensions: 0 }, "Flat"), RangeError);
    await t.rejects(build(engine, { ...data, rows: () => new Float32Array(5) }, "Flat"), RangeError);
  });

  t.test("what FAISS refuses is an error with its words, and the engine goes on", async (t) => {
    await t.rejects(build(engine, data, "Quark7"), { name: "AnnError", message: /Quark7/ });
    await t.rejects(build(engine, { ...data, count: 20 }, "IVF64,Flat"), { name: "AnnError", message: /20.*64/s });
    await t.rejects(build(engine, data, "PQ7"), AnnError);
    await using graph = disposable(await build(engine, data, "Flat"));
    t.equal((await graph.search({ vectors: data.rows(7, 1), k: 1 })).labels[0], 7);
  });

  t.test("an error of whoever gives the rows is that error", async (t) => {
    const failing = (first: number) => {
      throw new TypeError(`no rows from ${first}`);
    };
    await t.rejects(build(engine, { ...data, rows: failing }, "Flat"), new TypeError("no rows from 0"));
  });
}

function testFiles(
  engine: AnnEngine,
  data: SuiteData,
  folder: string,
  floors: readonly Floor[],
  wholeFiles: boolean,
): void {
  const file = join(folder, "graph");
  const expected = { dimensions: data.dimensions, metric: "ip" as const };

  t.test("a graph that was written and opened answers as before", async (t) => {
    for (const { factory, params } of floors) {
      await using graph = disposable(await build(engine, data, factory));
      await graph.write(file);
      await using opened = disposable(await engine.open(file, expected));
      t.equal(opened.count, graph.count);
      const before = await graph.search({ vectors: data.queries, k: 5, params });
      const after = await opened.search({ vectors: data.queries, k: 5, params });
      t.equal(after.labels.join(), before.labels.join(), factory);
      t.equal(after.scores.join(), before.scores.join(), factory);
      // Over the file that it may be reading from.
      await opened.write(file);
      await using again = disposable(await engine.open(file, expected));
      for (const each of [opened, again]) {
        const { labels } = await each.search({ vectors: data.queries, k: 5, params });
        t.equal(labels.join(), before.labels.join(), factory);
      }
      if (!wholeFiles) continue;
      const size = (await readFile(file)).length;
      t.ok(Math.abs(graph.memoryBytes / size - 1) < 0.1, `${factory}: ${graph.memoryBytes} bytes of ${size}`);
    }
  });

  t.test("a file of another index is refused", async (t) => {
    await using graph = disposable(await build(engine, data, "Flat"));
    await graph.write(file);
    await t.rejects(engine.open(file, { ...expected, dimensions: 64 }), /expected dimensions 64 in .*, got 32/);
    await t.rejects(engine.open(file, { ...expected, metric: "l2" }), /expected metric l2 in .*, got ip/);
    await t.rejects(engine.open(`${file}.no`, expected), { code: "ENOENT" });
  });

  t.test("a file that was cut, changed or grew is refused, and never read", async (t) => {
    await using graph = disposable(await build(engine, { ...data, count: 100 }, "HNSW4,Flat"));
    await graph.write(file);
    const whole = await readFile(file);
    const damaged = `${file}.damaged`;
    const refused = async (bytes: Uint8Array) => {
      await writeFile(damaged, bytes);
      await t.rejects(engine.open(damaged, expected), { name: "AnnError", message: /build the graph anew/ });
    };
    await refused(new Uint8Array(0));
    await refused(new Uint8Array(5_000));
    await refused(Buffer.concat([whole, Buffer.alloc(1)]));
    const at = fc.nat(whole.length - 1);
    await fc.assert(
      fc.asyncProperty(at, (length) => refused(whole.subarray(0, length))),
      { numRuns: 30 },
    );
    const flip = fc.record({ at, bit: fc.nat(7) });
    await fc.assert(
      fc.asyncProperty(flip, async ({ at, bit }) => {
        const flipped = Buffer.from(whole);
        flipped[at]! ^= 1 << bit;
        await refused(flipped);
      }),
      { numRuns: 60 },
    );
  });
}

function testLife(engine: AnnEngine, data: SuiteData, manyRows: number): void {
  t.test("a build says how far it is, and lets the event loop turn", async (t) => {
    const large = suiteData({ count: manyRows, queries: 1 });
    const progress: number[] = [];
    let turns = 0;
    let done = false;
    const building = engine
      .build({ ...large, metric: "ip", factory: "HNSW16,Flat", onProgress: (rows) => progress.push(rows) })
      .finally(() => {
        done = true;
      });
    while (!done) {
      await nextTurn();
      turns++;
    }
    await (await building).close();
    t.equal(progress.at(-1), large.count);
    t.ok(progress.length > 1, `${progress.length} steps`);
    t.same(
      progress,
      progress.toSorted((a, b) => a - b),
    );
    t.ok(turns > 100, `${turns} turns`);
  });

  t.test("a build ends when it is no longer wanted", async (t) => {
    const stop = new AbortController();
    const reason = new Error("shutting down");
    const building = engine.build({
      ...suiteData({ count: manyRows, queries: 1 }),
      metric: "ip",
      factory: "HNSW16,Flat",
      signal: stop.signal,
      onProgress: () => stop.abort(reason),
    });
    await t.rejects(building, reason);
    const asked: number[] = [];
    const rows = (first: number) => {
      asked.push(first);
      return new Float32Array(0);
    };
    await t.rejects(engine.build({ ...data, rows, metric: "ip", factory: "Flat", signal: stop.signal }), reason);
    t.same(asked, [], "nothing was read");
  });

  t.test("a search that is no longer wanted is not answered", async (t) => {
    await using graph = disposable(await build(engine, data, "HNSW16,Flat"));
    const reason = new Error("the caller hung up");
    await t.rejects(graph.search({ vectors: data.queries, k: 5, signal: AbortSignal.abort(reason) }), reason);
    const stop = new AbortController();
    const searches = Array.from({ length: 50 }, () =>
      graph.search({ vectors: data.queries, k: 5, signal: stop.signal }).then(
        () => "answered",
        (error: unknown) => error,
      ),
    );
    stop.abort(reason);
    for (const outcome of await Promise.all(searches)) t.equal(outcome, reason);
    t.equal((await graph.search({ vectors: data.rows(3, 1), k: 1 })).labels[0], 3, "the graph goes on");
  });

  t.test("closing waits for searches that have begun, and refuses later ones", async (t) => {
    const graph = await build(engine, data, "HNSW16,Flat");
    const expected = (await graph.search({ vectors: data.queries, k: 5 })).labels.join();
    const searches = Array.from({ length: 100 }, (_, i) =>
      graph.search({ vectors: data.queries, k: 5, params: { efSearch: i < 50 ? 16 : 17 + i } }),
    );
    const closed = graph.close();
    await t.rejects(graph.search({ vectors: data.queries, k: 5 }), new AnnError("this graph is closed"));
    await t.rejects(graph.write(join(os.tmpdir(), "never")), new AnnError("this graph is closed"));
    for (const { labels } of (await Promise.all(searches)).slice(0, 50)) t.equal(labels.join(), expected);
    await closed;
    await graph.close();
  });
}

function build(engine: AnnEngine, data: SuiteData, factory: string, metric: AnnMetric = "ip"): Promise<AnnGraph> {
  const { dimensions, count, rows } = data;
  return engine.build({ dimensions, count, rows, metric, factory });
}

function disposable<T extends AnnGraph>(graph: T): T & AsyncDisposable {
  return Object.assign(graph, { [Symbol.asyncDispose]: () => graph.close() });
}
