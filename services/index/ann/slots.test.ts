import t from "tap";
import { Slots } from "./slots.ts";

t.test("no more than the limit at a time, in order", async (t) => {
  const slots = new Slots(2);
  const order: number[] = [];
  let running = 0;
  let most = 0;
  await Promise.all(
    Array.from({ length: 9 }, (_, i) =>
      slots.run(async () => {
        order.push(i);
        most = Math.max(most, ++running);
        await Promise.resolve();
        running--;
      }),
    ),
  );
  t.equal(most, 2);
  t.same(order, [0, 1, 2, 3, 4, 5, 6, 7, 8]);
});

t.test("work that is no longer wanted does not begin, and holds nobody up", async (t) => {
  const slots = new Slots(1);
  const stop = new AbortController();
  const { promise, resolve } = Promise.withResolvers<void>();
  const first = slots.run(() => promise);
  const dropped = slots.run(async () => t.fail("began"), stop.signal);
  const last = slots.run(async () => "done");
  stop.abort(new Error("hung up"));
  resolve();
  await first;
  await t.rejects(dropped, new Error("hung up"));
  t.equal(await last, "done");
  t.throws(() => new Slots(0), RangeError);
});
