import fc from "fast-check";
import t from "tap";
import { Lru } from "./lru.ts";

t.test("what was not used for longest is forgotten first", async (t) => {
  const lru = new Lru<string, string>({ capacity: 2, weigh: () => 1 });
  lru.set("a", "A");
  lru.set("b", "B");
  t.equal(lru.get("a"), "A");
  lru.set("c", "C");
  t.same([lru.get("a"), lru.get("b"), lru.get("c")], ["A", undefined, "C"]);
  lru.clear();
  t.same([lru.size, lru.weight, lru.get("a")], [0, 0, undefined]);
});

t.test("it never holds more than it may, and its weight is that of what it holds", async () => {
  const steps = fc.array(fc.tuple(fc.constantFrom("set", "get", "delete"), fc.nat(9), fc.nat(12)));
  fc.assert(
    fc.property(steps, (done) => {
      const lru = new Lru<number, { size: number }>({ capacity: 10, weigh: ({ size }) => size });
      const known = new Map<number, number>();
      for (const [what, key, size] of done) {
        if (what === "set") {
          lru.set(key, { size });
          known.set(key, size);
        } else if (what === "get") {
          const found = lru.get(key);
          if (found !== undefined && found.size !== known.get(key)) return false;
        } else {
          lru.delete(key);
          known.delete(key);
        }
        const held = [...Array(10).keys()].map((one) => lru.get(one)?.size ?? 0).reduce((a, b) => a + b, 0);
        if (lru.weight > 10 || lru.weight !== held) return false;
      }
      return true;
    }),
  );
});
