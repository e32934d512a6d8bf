import fc from "fast-check";
import t from "tap";
import { mapInOrder } from "./map-in-order.ts";

t.test("results come in the order of the items, and never more than the limit are worked on", async (t) => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(5)), fc.integer({ min: 1, max: 5 }), async (delays, limit) => {
      let working = 0;
      const results: number[] = [];
      const work = async (i: number) => {
        working += 1;
        t.ok(working <= limit);
        for (let turns = delays[i] ?? 0; turns > 0; turns--) await null;
        working -= 1;
        return i;
      };
      for await (const result of mapInOrder(numbers(delays.length), limit, work)) results.push(result);
      t.same(
        results,
        delays.map((_, i) => i),
      );
    }),
  );
});

t.test("an answer comes before the next item is sent", async (t) => {
  const answered: PromiseWithResolvers<void>[] = [Promise.withResolvers(), Promise.withResolvers()];
  async function* pingPong() {
    yield 0;
    await answered[0]?.promise;
    yield 1;
    await answered[1]?.promise;
  }
  const results: number[] = [];
  for await (const i of mapInOrder(pingPong(), 4, async (i) => i)) {
    results.push(i);
    answered[i]?.resolve();
  }
  t.same(results, [0, 1]);
});

t.test("who takes nothing is sent nothing more", async (t) => {
  let read = 0;
  async function* endless() {
    for (;;) yield read++;
  }
  const mapped = mapInOrder(endless(), 3, async (i) => i);
  t.same(await mapped.next(), { value: 0, done: false });
  for (let turns = 0; turns < 50; turns++) await null;
  t.ok(read <= 4, `${read} read`);
  await mapped.return();
});

t.test("the source is told when the reader leaves, and its failure reaches the reader", async (t) => {
  let left = false;
  async function* source() {
    try {
      yield 1;
      yield 2;
      throw new Error("line cut");
    } finally {
      left = true;
    }
  }
  for await (const _ of mapInOrder(source(), 1, async (i) => i)) break;
  t.ok(left);
  const all = (async () => {
    for await (const _ of mapInOrder(source(), 1, async (i) => i));
  })();
  await t.rejects(all, { message: "line cut" });
});

async function* numbers(count: number) {
  for (let i = 0; i < count; i++) yield i;
}
