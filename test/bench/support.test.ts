import process from "node:process";
import fc from "fast-check";
import sharp from "sharp";
import t from "tap";
import { xorshift } from "../../bench/onnx/random-weights.ts";
import { evenArrivals, keepAsking, measuredLoad, poissonArrivals, timesOf } from "../../bench/support/load.ts";
import { unseen } from "../../bench/support/photos.ts";
import { cpuSecondsOf, timed, treeCpuSeconds } from "../../bench/support/processor-time.ts";
import { Metrics } from "../../bench/support/prometheus.ts";
import { runForJson } from "../../bench/support/script.ts";
import { median, quantile } from "../../bench/support/statistics.ts";
import { startChild } from "../support/child.ts";

t.test("a quantile is one of the values, and enough of them do not exceed it", async () => {
  const values = fc.array(fc.double({ min: 0, max: 1e6, noNaN: true }), { minLength: 1 });
  fc.assert(
    fc.property(values, fc.double({ min: 0.01, max: 1, noNaN: true }), (values, q) => {
      const value = quantile(values, q);
      return values.includes(value) && values.filter((v) => v <= value).length >= q * values.length - 1e-9;
    }),
  );
});

t.test("the median is the value in the middle", async (t) => {
  t.equal(median([9, 1, 5]), 5);
  t.ok(Number.isNaN(median([])));
});

t.test("the times of a load are summed up", async (t) => {
  const times = Array.from({ length: 100 }, (_, at) => at + 1);
  t.same(timesOf(times, 4), { calls: 100, seconds: 4, meanMs: 50.5, p50Ms: 50, p95Ms: 95, p99Ms: 99 });
});

t.test("callers ask again until the time is over; what was refused is not among the times", async (t) => {
  let asked = 0;
  const ask = async () => {
    await new Promise(setImmediate);
    return ++asked % 2 === 0;
  };
  const { calls, seconds } = await keepAsking([ask, ask, ask], 0.03);
  t.ok(seconds >= 0.03);
  t.ok(asked >= 6);
  t.equal(calls, Math.floor(asked / 2));
});

t.test("arrivals come in order, within the time, as many as asked for", async (t) => {
  const next = xorshift(5);
  const times = poissonArrivals(100, 20, () => next() / 2 ** 32);
  t.ok(Math.abs(times.length - 2000) < 150, `${times.length} arrivals`);
  t.ok(times.every((at, i) => at < 20_000 && at > (times[i - 1] ?? 0)));
  t.same(evenArrivals(4, 1.2), [0, 250, 500, 750], "or at the same distance");
});

t.test("an unseen photograph has other bytes and the same pixels", async (t) => {
  const jpeg = await sharp({ create: { width: 9, height: 7, channels: 3, background: "#c83" } })
    .jpeg()
    .toBuffer();
  const [a, b] = [unseen(jpeg, "load 1"), unseen(jpeg, "load 2")];
  t.not(Buffer.compare(a, b), 0);
  t.same(await sharp(a).raw().toBuffer(), await sharp(jpeg).raw().toBuffer());
  t.throws(() => unseen(new Uint8Array(4), ""), /expected a JPEG/);
});

t.test("metrics are read as Prometheus writes them", async (t) => {
  const metrics = new Metrics(`# HELP calls_total Calls
# TYPE calls_total counter
calls_total{method="Get",status="200"} 3
calls_total{method="Get",status="429"} 1e1
calls_total{method="Set \\"all\\"",status="200"} 4 1700000000000

resident_bytes 1.5e+08
calls_total_created 7
`);
  t.equal(metrics.sum("calls_total"), 17);
  t.equal(metrics.sum("calls_total", { status: "200" }), 7);
  t.equal(metrics.sum("calls_total", { status: "200", method: "Get" }), 3);
  t.same(metrics.sumBy("status", "calls_total"), { "200": 7, "429": 10 });
  t.same(metrics.sumBy("method", "calls_total", { status: "200" }), { Get: 3, 'Set "all"': 4 });
  t.equal(metrics.only("resident_bytes"), 150_000_000);
  t.equal(metrics.sum("nothing"), 0);
  t.throws(() => metrics.only("nothing"), /expected one nothing with {}, got 0/);
  t.throws(() => metrics.only("calls_total", { method: "Get" }), /got 2/);
});

t.test("a script is told an argument and its last line is its answer; what goes wrong is said", async (t) => {
  const folder = t.testdir({
    "answers.mjs": "console.log('first'); console.log(process.argv[2]);",
    "fails.mjs": "console.log('{}'); process.exit(3);",
    "silent.mjs": "console.log('done');",
  });
  const script = (name: string) => new URL(`file://${folder}/${name}`);
  t.same(await runForJson(script("answers.mjs"), { of: "it" }), { of: "it" });
  t.same(await runForJson(script("answers.mjs"), {}, ["env", "A=1"]), {}, "with words before it");
  await t.rejects(runForJson(script("fails.mjs"), {}), /fails.mjs to end with 0, got 3/);
  await t.rejects(runForJson(script("silent.mjs"), {}), /JSON as the last line of .*silent.mjs, got "done"/);
});

t.test(
  "processor time of a process grows with its work",
  { skip: process.platform !== "linux" && "needs /proc" },
  async (t) => {
    const before = cpuSecondsOf(process.pid);
    for (const began = process.cpuUsage(); process.cpuUsage(began).user < 60_000; );
    t.ok(cpuSecondsOf(process.pid) - before >= 0.04);
  },
);

t.test(
  "what children use counts for their process",
  { skip: process.platform !== "linux" && "needs /proc" },
  async (t) => {
    const before = treeCpuSeconds(process.pid);
    const busy =
      "for (const end = process.cpuUsage().user + 300_000; process.cpuUsage().user < end; ); console.log('done')";
    // It stays until its parent is told to end: what it used would be gone with it.
    const stays = `"${process.execPath}" -e "${busy}; setInterval(() => {}, 1000)" & trap "kill $!" TERM; wait`;
    const child = await startChild("sh", ["-c", stays], /done/);
    t.ok(treeCpuSeconds(process.pid) - before >= 0.25);
    await child.end("SIGTERM");
  },
);

t.test(
  "a load tells what servers took meanwhile",
  { skip: process.platform !== "linux" && "needs /proc" },
  async (t) => {
    const client = t.testdir({
      "client.mjs": "console.log(JSON.stringify({ calls: Number(JSON.parse(process.argv[2]).n) }))",
    });
    const done = measuredLoad<{ calls: number }, "own">(
      new URL(`file://${client}/client.mjs`),
      { n: 5 },
      { own: process.pid },
    );
    const { cpu } = await timed(async () => {
      for (const began = process.cpuUsage(); process.cpuUsage(began).user < 60_000; );
    });
    t.ok(cpu >= 0.06);
    const { summary, cpu: spent } = await done;
    t.equal(summary.calls, 5);
    t.ok(spent.own >= 0.04);
  },
);
