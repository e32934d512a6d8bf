import fc from "fast-check";
import t from "tap";
import { ServingGate } from "./serving-gate.ts";

t.test("between the limits it stays what it is, and short falls are forgiven", async (t) => {
  const gate = new ServingGate({ low: 0.5, high: 0.7, holdMs: 10 });
  const steps: [number, number, boolean][] = [
    ...([
      [0, 1, true],
      [1, 0.4, true],
      [10, 0.4, true],
      [11, 0.6, true],
      [12, 0.4, true],
    ] as [number, number, boolean][]),
    ...([
      [21, 0.4, true],
      [22, 0.4, false],
      [30, 0.6, false],
      [31, 0.7, false],
    ] as [number, number, boolean][]),
    ...([
      [40, 0.71, false],
      [45, 0.69, false],
      [46, 1, false],
      [56, 1, true],
    ] as [number, number, boolean][]),
  ];
  for (const [now, score, serving] of steps) t.equal(gate.update(score, now), serving, `${score} at ${now}`);
});

t.test("it changes at most once in the time that it waits", async () => {
  const step = fc.record({ waitMs: fc.nat(20), score: fc.double({ min: 0, max: 1, noNaN: true }) });
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const gate = new ServingGate({ low: 0.5, high: 0.7, holdMs: 30 });
      let now = 0;
      let changed = Number.NEGATIVE_INFINITY;
      return steps.every(({ waitMs, score }) => {
        now += waitMs;
        const before = gate.serving;
        if (gate.update(score, now) === before) return true;
        const apart = now - changed >= 30;
        changed = now;
        return apart;
      });
    }),
  );
});

t.test("limits the wrong way round are refused", async (t) => {
  t.throws(() => new ServingGate({ low: 0.7, high: 0.5, holdMs: 0 }), RangeError);
});
