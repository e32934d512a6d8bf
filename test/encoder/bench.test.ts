import fc from "fast-check";
import sharp from "sharp";
import t from "tap";
import { added, readCounters } from "../../bench/encoder/counters.ts";
import { evenArrivals, type Outcome, poissonArrivals, quantile, summarise } from "../../bench/encoder/load.ts";
import { unseen } from "../../bench/encoder/photos.ts";
import { xorshift } from "../../bench/onnx/random-weights.ts";

t.test("a load is summed up by how its calls ended", async (t) => {
  const outcome = (kind: Outcome["kind"], ms: number, lateMs = 0): Outcome => ({ kind, ms, lateMs });
  const outcomes = [outcome("ok", 10), outcome("ok", 30), outcome("refused", 4), outcome("deadline", 90, 7)];
  t.match(summarise(outcomes, 2), {
    calls: 4,
    goodput: 1,
    ok: 2,
    refused: 1,
    deadline: 1,
    failed: 0,
    p50Ms: 10,
    p99Ms: 30,
    refusalP99Ms: 4,
    latestMs: 7,
  });
  t.match(summarise([], 1), { goodput: 0, p99Ms: 0, latestMs: 0 });
});

t.test("a quantile is one of the values, and enough of them do not exceed it", async () => {
  const values = fc.array(fc.double({ min: 0, max: 1e6, noNaN: true }), { minLength: 1 });
  fc.assert(
    fc.property(values, fc.double({ min: 0.01, max: 1, noNaN: true }), (values, q) => {
      const value = quantile(values, q);
      return values.includes(value) && values.filter((v) => v <= value).length >= q * values.length - 1e-9;
    }),
  );
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

t.test("the Encoder's counters are read over all models, and what was added is told", async (t) => {
  const text = (computed: number, late: number) => `# HELP model_inference_duration_seconds Time
model_inference_duration_seconds_bucket{le="0.1",model_name="clip",stage="compute"} 1
model_inference_duration_seconds_count{model_name="clip",model_version="1",stage="compute"} ${computed}
model_inference_duration_seconds_sum{model_name="clip",model_version="1",stage="compute"} 0.5
model_inference_duration_seconds_count{model_name="blip",model_version="1",stage="compute"} 2
model_inference_duration_seconds_count{model_name="clip",model_version="1",stage="preprocess"} 9
encoder_refusals_total{reason="deadline_passed"} ${late}
encoder_computed_expired_total ${late}
encoder_overtaken_total 0
http_request_duration_seconds_bucket{le="0.05",method="POST",status="429"} ${late}
http_request_duration_seconds_bucket{le="0.1",method="POST",status="429"} 7
http_request_duration_seconds_count{method="POST",status="429"} ${late + 1}
http_request_duration_seconds_count{method="POST",status="200"} 9
`;
  t.same(readCounters(text(3, 1)), {
    computed: 5,
    computeSeconds: 0.5,
    expired: 1,
    overtaken: 0,
    refusals: { deadline_passed: 1 },
    refused: 2,
    refusedSoon: 1,
  });
  t.same(added(readCounters(text(3, 1)), readCounters(text(10, 4))), {
    computed: 7,
    computeSeconds: 0,
    expired: 3,
    overtaken: 0,
    refusals: { deadline_passed: 3 },
    refused: 3,
    refusedSoon: 3,
  });
});
