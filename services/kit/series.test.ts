import fc from "fast-check";
import { Counter, Gauge, Histogram, Registry } from "prom-client";
import t from "tap";
import { CounterFamily, GaugeFamily, HistogramFamily } from "./series.ts";

const labelNames = ["method", "code"];
const buckets = [0.1, 1, 10];
const observation = fc.record({
  method: fc.constantFrom("Search", "Upsert"),
  code: fc.constantFrom("ok", "not_found"),
  value: fc.double({ min: 0, max: 20, noNaN: true }),
});

/** The same text with the labels of each line in one order, for prom-client has several. */
function sorted(text: string): string {
  return text.replace(/\{(.*)\}/g, (_, labels: string) => `{${labels.split(",").sort().join()}}`);
}

t.test("a registry writes the same as of prom-client's own metrics", async (t) => {
  await fc.assert(
    fc.asyncProperty(fc.array(observation), async (observations) => {
      const [ours, theirs] = [new Registry(), new Registry()];
      for (const registry of [ours, theirs]) registry.setDefaultLabels({ service: "index" });
      const ourCounter = new CounterFamily({ name: "calls_total", help: "calls", labelNames, registry: ours });
      const ourGauge = new GaugeFamily({ name: "open", help: "open calls", labelNames, registry: ours });
      const ourTimes = new HistogramFamily({ name: "seconds", help: "times", labelNames, buckets, registry: ours });
      const registers = [theirs];
      const counter = new Counter({ name: "calls_total", help: "calls", labelNames, registers });
      const gauge = new Gauge({ name: "open", help: "open calls", labelNames, registers });
      const times = new Histogram({ name: "seconds", help: "times", labelNames, buckets, registers });
      for (const { value, ...labels } of observations) {
        const values = [labels.method, labels.code];
        ourCounter.of(...values).value += 1;
        ourGauge.of(...values).value -= 1;
        ourTimes.of(...values).observe(value);
        counter.inc(labels);
        gauge.dec(labels);
        times.observe(labels, value);
      }
      t.equal(sorted(await ours.metrics()), sorted(await theirs.metrics()));
    }),
    { numRuns: 30 },
  );
});

t.test("a name is taken once, and a reset forgets", async (t) => {
  const registry = new Registry();
  const counter = new CounterFamily({ name: "calls_total", help: "calls", labelNames: [], registry });
  t.throws(() => new GaugeFamily({ name: "calls_total", help: "calls", labelNames: [], registry }), /already/);
  counter.of().value += 1;
  registry.resetMetrics();
  t.same((await counter.get()).values, []);
});
