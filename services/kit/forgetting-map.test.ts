import process from "node:process";
import fc from "fast-check";
import t from "tap";
import { collectGarbage } from "../../test/support/collect-garbage.ts";
import { ForgettingMap } from "./forgetting-map.ts";

t.test("it holds what a Map holds", (t) => {
  const key = fc.integer({ min: 0, max: 5 });
  const step = fc.oneof(
    fc.record({ kind: fc.constant("set" as const), key, value: fc.integer() }),
    fc.record({ kind: fc.constantFrom("get" as const, "take" as const), key }),
    fc.constant({ kind: "clear" as const }),
  );
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const ours = new ForgettingMap<number, number>();
      const model = new Map<number, number>();
      for (const step of steps) {
        if (step.kind === "set") {
          ours.set(step.key, step.value);
          model.set(step.key, step.value);
        } else if (step.kind === "clear") {
          ours.clear();
          model.clear();
        } else {
          t.equal(step.kind === "get" ? ours.get(step.key) : ours.take(step.key), model.get(step.key));
          if (step.kind === "take") model.delete(step.key);
        }
        t.equal(ours.size, model.size);
        t.same([...ours.values()], [...model.values()]);
      }
    }),
  );
  t.end();
});

t.test("what was taken goes with the next young collection", (t) => {
  const [underWay, calls, bytes] = [4, 1000, 10_000];

  /** How many of a thousand values, four there at a time, are still in memory. */
  function kept(map: { set(key: number, value: ArrayBuffer): void; take(key: number): void }): number {
    for (let i = 0; i < underWay; i++) map.set(i - underWay, new ArrayBuffer(bytes));
    collectGarbage(); // its table is old now
    const before = process.memoryUsage().arrayBuffers;
    for (let i = 0; i < calls; i++) {
      map.set(i, new ArrayBuffer(bytes));
      map.take(i - underWay);
      if (i % 5 === 0) collectGarbage({ type: "minor" });
    }
    collectGarbage({ type: "minor" });
    return (process.memoryUsage().arrayBuffers - before) / bytes;
  }

  const plain = new Map<number, ArrayBuffer>();
  const asMap = {
    set: (key: number, value: ArrayBuffer) => void plain.set(key, value),
    take: (key: number) => void plain.delete(key),
  };
  t.comment(`a Map keeps ${Math.round(kept(asMap))} of ${calls}`);
  t.ok(kept(new ForgettingMap()) <= 2 * underWay);
  t.end();
});
