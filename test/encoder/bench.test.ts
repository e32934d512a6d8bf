import t from "tap";
import { added, countersOf } from "../../bench/encoder/counters.ts";
import { type Outcome, summarise } from "../../bench/encoder/load.ts";
import { Metrics } from "../../bench/support/prometheus.ts";

t.test("a load is summed up by how its calls ended", async (t) => {
  const outcome = (kind: Outcome["kind"], ms: number, more: Partial<Outcome> = {}): Outcome => {
    return { kind, ms, lateMs: 0, disturbed: false, ...more };
  };
  const outcomes = [
    outcome("ok", 10),
    outcome("ok", 30, { disturbed: true }),
    outcome("refused", 4),
    outcome("deadline", 90, { lateMs: 7, disturbed: true }),
  ];
  t.match(summarise(outcomes, 2), {
    calls: 4,
    goodput: 1,
    ok: 2,
    refused: 1,
    deadline: 1,
    failed: 0,
    p50Ms: 10,
    p99Ms: 30,
    undisturbedP99Ms: 10,
    disturbed: 1,
    refusalP99Ms: 4,
    latestMs: 7,
  });
  t.match(summarise([], 1), { goodput: 0, p99Ms: 0, latestMs: 0 });
});

t.test("the Encoder's counters are read over all models, and what was added is told", async (t) => {
  const counters = (computed: number, late: number) =>
    countersOf(
      new Metrics(`# HELP model_inference_duration_seconds Time
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
`),
    );
  t.same(counters(3, 1), {
    computed: 5,
    computeSeconds: 0.5,
    expired: 1,
    overtaken: 0,
    refusals: { deadline_passed: 1 },
    refused: 2,
    refusedSoon: 1,
  });
  t.same(added(counters(3, 1), counters(10, 4)), {
    computed: 7,
    computeSeconds: 0,
    expired: 3,
    overtaken: 0,
    refusals: { deadline_passed: 3 },
    refused: 3,
    refusedSoon: 3,
  });
});
