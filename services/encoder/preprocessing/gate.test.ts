import t from "tap";
import { Gate, GateFullError } from "./gate.ts";

t.test("no more than the width run at a time, in order", async (t) => {
  const gate = new Gate({ width: 2, waiting: 10 });
  const started: number[] = [];
  const finish: (() => void)[] = [];
  const work = (n: number) =>
    gate.pass(() => {
      started.push(n);
      return new Promise<void>((resolve) => finish.push(resolve));
    });
  const all = [work(0), work(1), work(2), work(3)];
  t.same([started, gate.load], [[0, 1], { inside: 2, waiting: 2 }]);
  finish[1]?.();
  await all[1];
  t.same(started, [0, 1, 2]);
  finish[0]?.();
  await all[0];
  t.same(started, [0, 1, 2, 3]);
  finish[2]?.();
  finish[3]?.();
  await Promise.all(all);
  t.same(gate.load, { inside: 0, waiting: 0 });
});

t.test("a full queue refuses at once, a failure and an abort give their place back", async (t) => {
  const gate = new Gate({ width: 1, waiting: 1 });
  const first = Promise.withResolvers<void>();
  const running = gate.pass(() => first.promise);
  const hangUp = new AbortController();
  const waiting = gate.pass(async () => t.fail("started although aborted"), hangUp.signal);
  await t.rejects(
    gate.pass(async () => {}),
    GateFullError,
  );
  hangUp.abort(new Error("hung up"));
  await t.rejects(waiting, { message: "hung up" });
  first.reject(new Error("broken"));
  await t.rejects(running, { message: "broken" });
  t.equal(await gate.pass(async () => "free again"), "free again");
});
