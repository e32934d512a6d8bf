import fc from "fast-check";
import t from "tap";
import { TimeOnWay } from "./time-on-way.ts";

const stamp = (ms: number) => (ms / 1000).toFixed(3);
const NOW = 1_795_312_345_678;

t.test("what a call waited beyond the one that took least is counted", async (t) => {
  const way = new TimeOnWay();
  t.equal(way.of(stamp(NOW), NOW), 0);
  t.ok(Math.abs((way.of(stamp(NOW), NOW + 120) as number) - 120) < 0.01);
});

t.test("clocks that differ do not matter", async (t) => {
  for (const offMs of [-86_400_000, -300, 300, 86_400_000]) {
    const way = new TimeOnWay();
    way.of(stamp(NOW + offMs), NOW + 1);
    t.ok(Math.abs((way.of(stamp(NOW + offMs), NOW + 41) as number) - 40) < 0.01, `${offMs}`);
  }
});

t.test("what is no stamp counts as nothing", async (t) => {
  const way = new TimeOnWay();
  way.of(stamp(NOW), NOW);
  for (const received of [undefined, "", "yesterday", "1795312345", "-1.000", "1e9.000", "1795312345.678, 1.000"]) {
    t.equal(way.of(received, NOW + 100), 0, `${received}`);
  }
});

t.test("a clock that was set is told once, and the new difference is learned", async (t) => {
  const way = new TimeOnWay();
  way.of(stamp(NOW), NOW);
  t.equal(way.of(stamp(NOW), NOW + 3_600_000), "absurd");
  t.ok(Math.abs((way.of(stamp(NOW), NOW + 3_600_020) as number) - 20) < 0.01);
});

t.test("a clock that drifts is followed: the least of more than a minute ago is forgotten", async (t) => {
  const way = new TimeOnWay();
  way.of(stamp(NOW), NOW);
  const minute = (count: number, lagMs: number) => way.of(stamp(NOW + count * 60_000 - lagMs), NOW + count * 60_000);
  minute(1, 50);
  t.ok(Math.abs(minute(2, 50) as number) < 0.01);
});

t.test("it is never negative, and never more than was waited by clocks that agree", async () => {
  const calls = fc.array(fc.record({ gapMs: fc.nat(40_000), waitedMs: fc.nat(4_000) }), { minLength: 1 });
  fc.assert(
    fc.property(calls, (all) => {
      const way = new TimeOnWay();
      let now = NOW;
      return all.every(({ gapMs, waitedMs }) => {
        now += gapMs;
        const counted = way.of(stamp(now - waitedMs), now);
        return counted !== "absurd" && counted >= 0 && counted <= waitedMs + 0.01;
      });
    }),
  );
});
