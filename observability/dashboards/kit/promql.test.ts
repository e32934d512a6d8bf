import t from "tap";
import { labelsIn, operandsOf, selectorsOf } from "./promql.ts";

const read = (expr: string) => selectorsOf(expr).map(({ metric, matchers }) => metric + matchers);

t.test("selectors are what an expression reads", async (t) => {
  t.same(read("up"), ["up"]);
  t.same(read('sum by (index, le) (rate(faiss_bucket{index=~"a|b{1}"}[$__rate_interval]))'), [
    'faiss_bucket{index=~"a|b{1}"}',
  ]);
  t.same(read("histogram_quantile(0.95, sum(rate(x_bucket[5m])) by (le))"), ["x_bucket"]);
  t.same(read("a / on (service) group_left (version) b > bool 1e3 and c offset 5m"), ["a", "b", "c"]);
  t.same(read('a{x="1"} - a{x="2"} + a{x="1"}'), ['a{x="1"}', 'a{x="2"}'], "each once");
  t.same(read('label_replace(up, "to", "$1", "from", "(.*)") or vector(0)'), ["up"]);
  t.same(read("rule:error_ratio:5m > 0.05 unless inf"), ["rule:error_ratio:5m"]);
  t.same(read('ALERTS{alertstate="firing", service=~"$service"}'), [
    'ALERTS{alertstate="firing", service=~"$service"}',
  ]);
  t.same(read('increase({__name__=~"a|b"}[1h]) + sum by (x) ({y="1"}) + c{z="2"}'), [
    '{__name__=~"a|b"}',
    '{y="1"}',
    'c{z="2"}',
  ]);
  t.same(read("time() - topk(3, job_last_seconds)"), ["job_last_seconds"]);
});

t.test("labels of matchers, not what looks like one in a string", async (t) => {
  t.same(labelsIn('{service=~"$service",code!="ok", path="a=b"}'), ["service", "code", "path"]);
  t.same(labelsIn(""), []);
});

t.test("operands are what is compared and joined at the top", async (t) => {
  t.same(operandsOf("up"), ["up"]);
  t.same(operandsOf("a:b > 0.05 and on (service) c > 0.1"), ["a:b", "c"]);
  t.same(operandsOf('max(up{job="x > y"}) == 0 or absent(up{job=~"a|b"})'), [
    'max(up{job="x > y"})',
    'absent(up{job=~"a|b"})',
  ]);
  t.same(operandsOf("sum(a) / (sum(b) > 0) > 0.01"), ["sum(a) / (sum(b) > 0)"], "a filter inside stays");
  t.same(operandsOf("a >= bool 6"), ["a"]);
  t.same(operandsOf("x / on () group_left () (y > 0.1) > 0.5"), ["x / on () group_left () (y > 0.1)"]);
});
