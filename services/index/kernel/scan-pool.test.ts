import t from "tap";
import type { ScanRequest } from "./scan.ts";
import { ScanPool } from "./scan-pool.ts";
import { SharedRows } from "./shared-rows.ts";
import { naiveScan } from "./testing/naive-scan.ts";
import { blockOf, randomOf, randomVectors } from "./testing/random-rows.ts";

const dimensions = 64;
const count = 40_000;
const vectors = randomVectors(randomOf(1), count, dimensions);
const rows = blockOf(vectors, dimensions);
const queries = randomVectors(randomOf(2), 40, dimensions);
const large: ScanRequest = { blocks: [{ rows, count }], queries, k: 10, metric: "ip" };
const small: ScanRequest = { ...large, blocks: [{ rows, count: 2500 }], queries: queries.subarray(0, 5 * dimensions) };
const first = naiveScan({ ...large, queries: queries.subarray(0, dimensions) })[0];

/** A clock on which every look is a turn's end. */
function impatient() {
  let ms = 0;
  return () => (ms += 100);
}

t.test("a dead thread is replaced and its work done again: nothing hangs and nothing is lost", async (t) => {
  const pool = new ScanPool({ threads: 2 });
  t.teardown(() => pool.close());
  await pool.scan(large);
  const before = pool.threads;
  t.equal(before.length, 2);
  const scans = Array.from({ length: 6 }, () => pool.scan(large));
  await Promise.all(before.map((thread) => thread.end()));
  for (const scan of scans) t.strictSame((await scan)[0], first);
  t.equal(pool.threads.length, 2);
  t.notOk(pool.threads.some((thread) => before.includes(thread)));
});

t.test("a scan of some hundred microseconds is done at once while it is the only one", async (t) => {
  const pool = new ScanPool({ threads: 1, nowMs: () => 0 });
  t.teardown(() => pool.close());
  const medium = { ...large, queries: queries.subarray(0, dimensions) };
  await pool.scan(medium);
  await pool.scan(medium);
  t.equal(pool.threads.length, 0);
  const found = await Promise.all([pool.scan(medium), pool.scan(medium)]);
  t.equal(pool.threads.length, 1, "the second of two is not alone");
  t.strictSame(found, [[first], [first]]);
});

t.test("a scan that ends every thread that runs it fails, and the next one is answered", async (t) => {
  const pool = new ScanPool({ threads: 1 });
  t.teardown(() => pool.close());
  const broken = new SharedRows({ dimensions, capacity: count });
  // A stride that leads far behind the block's memory: the module traps.
  Object.defineProperty(broken, "stride", { value: 2 ** 20 });
  await t.rejects(pool.scan({ ...large, blocks: [{ rows: broken, count }] }), /has ended 3 threads that ran it/);
  t.strictSame((await pool.scan(large))[0], first);
});

for (const threads of [0, 2]) {
  const where = threads === 0 ? "the event loop" : "threads";
  t.test(`on ${where} a small scan does not wait for a large one`, async (t) => {
    const pool = new ScanPool({ threads, nowMs: impatient() });
    t.teardown(() => pool.close());
    await pool.scan(large);
    const order: string[] = [];
    await Promise.all([
      pool.scan(large).then(() => order.push("large")),
      pool.scan(small).then(() => order.push("small")),
    ]);
    t.same(order, ["small", "large"]);
  });

  t.test(`on ${where} a scan ends when its caller has gone, and others go on`, async (t) => {
    const pool = new ScanPool({ threads, nowMs: impatient() });
    t.teardown(() => pool.close());
    const gone = new AbortController();
    const reason = new Error("the caller hung up");
    const left = pool.scan({ ...large, signal: gone.signal });
    const other = pool.scan(large);
    setImmediate(() => gone.abort(reason));
    await t.rejects(left, reason);
    t.strictSame((await other)[0], first);
    await t.rejects(pool.scan({ ...large, signal: gone.signal }), reason);
  });

  t.test(`on ${where} what is under way when the pool is closed rejects`, async (t) => {
    const pool = new ScanPool({ threads, nowMs: impatient() });
    const scan = pool.scan(large);
    await Promise.all([t.rejects(scan, /the scan pool is closed/), pool.close()]);
    t.equal(pool.threads.length, 0);
    await t.rejects(pool.scan(large), /the scan pool is closed/);
  });
}

t.test("without threads a long scan lets others run", async (t) => {
  const pool = new ScanPool({ threads: 0, nowMs: impatient() });
  t.teardown(() => pool.close());
  let turns = 0;
  let done = false;
  const count = () => {
    turns++;
    if (!done) setImmediate(count);
  };
  setImmediate(count);
  await pool.scan(large);
  done = true;
  t.ok(turns > 10, `${turns} turns`);
});

t.test("answers are whole wherever putting them in order gives way", async (t) => {
  const expected = naiveScan(small);
  for (let seed = 0; seed < 100; seed++) {
    const random = randomOf(seed);
    let ms = 0;
    const pool = new ScanPool({ threads: 0, inlineUs: 0, nowMs: () => (ms += random() < 0.3 ? 100 : 0) });
    t.strictSame(await pool.scan(small), expected);
    await pool.close();
  }
});

t.test("a tiny scan is done without a thread", async (t) => {
  const pool = new ScanPool({ threads: 2 });
  t.teardown(() => pool.close());
  const blocks = [{ rows, count: 100, list: Uint32Array.of(5, 4) }];
  const request = { ...large, blocks, queries: queries.subarray(0, dimensions) };
  t.strictSame(await pool.scan(request), naiveScan(request));
  t.equal(pool.threads.length, 0);
});

t.test("what is shorter than the way to a thread is answered without waiting, while the turn lasts", async (t) => {
  const pool = new ScanPool({ threads: 1, nowMs: () => 0 });
  t.teardown(() => pool.close());
  const few = Uint32Array.of(5, 700, 39_999);
  const tiny = { ...large, blocks: [{ rows, count, list: few }], queries: queries.subarray(0, dimensions) };
  t.strictSame(pool.scanNow(tiny), naiveScan(tiny));
  t.equal(pool.scanNow(large), undefined);
  t.throws(() => pool.scanNow({ ...tiny, signal: AbortSignal.abort(new Error("gone")) }), new Error("gone"));
  const late = new ScanPool({ threads: 1, nowMs: impatient() });
  t.teardown(() => late.close());
  t.ok(late.scanNow(tiny), "with this look the turn begins");
  t.equal(late.scanNow(tiny), undefined, "the turn is over");
  const away = new ScanPool({ threads: 1, inlineUs: 0 });
  t.teardown(() => away.close());
  t.equal(away.scanNow(tiny), undefined, "nothing is to be done here");
});

t.test("a forgotten block's memory is given back by the threads, and a scan may still use it", async (t) => {
  const pool = new ScanPool({ threads: 1 });
  t.teardown(() => pool.close());
  await pool.scan(large);
  pool.forget(rows);
  t.strictSame((await pool.scan(large))[0], first);
});

t.test("threads that do not start fail the scans that wait", async (t) => {
  const pool = new ScanPool({ threads: 1 });
  t.teardown(() => pool.close());
  const scan = t.rejects(pool.scan(large), /threads for scans do not start/);
  for (let n = 0; n < 3; n++) {
    await pool.threads[0]!.end();
  }
  await scan;
});
