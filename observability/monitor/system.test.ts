import fc from "fast-check";
import t from "tap";
import { CpuMeter, createSystemReader } from "./system.ts";

t.test("the share of busy time between two looks lies between 0 and 100, whatever the counters do", async (t) => {
  const ticks = fc.record({ busy: fc.nat(1e9), all: fc.nat(1e9) });
  fc.assert(
    fc.property(ticks, fc.array(fc.tuple(ticks, fc.nat(5000)), { minLength: 1 }), (first, looks) => {
      const meter = new CpuMeter(first);
      let now = 0;
      for (const [look, pause] of looks) {
        now += pause;
        const percent = meter.percent(look, now);
        if (!(percent >= 0 && percent <= 100)) throw new Error(`got ${percent}`);
      }
    }),
  );
  const meter = new CpuMeter({ busy: 100, all: 1000 });
  t.equal(meter.percent({ busy: 150, all: 1200 }, 1000), 25);
  t.equal(meter.percent({ busy: 400, all: 1500 }, 1100), 25, "too soon after the look before");
});

t.test("this machine has memory and a disk", async (t) => {
  const { memoryBytes, memoryPercent, diskPercent } = await createSystemReader(".")();
  t.ok(memoryBytes > 1e6);
  for (const percent of [memoryPercent, diskPercent]) t.ok(percent > 0 && percent <= 100, `${percent}`);
});
