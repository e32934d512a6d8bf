import t from "tap";
import { Turn } from "./turn.ts";

/** A turn with a clock and an end that the test decides on. */
function stopped() {
  const ends: (() => void)[] = [];
  const clock = { ms: 0 };
  const turn = new Turn({ nowMs: () => clock.ms, nextTurn: (callback) => ends.push(callback) });
  return { turn, ends, clock };
}

t.test("the time of a turn runs from the first look, and anew once the event loop had its turn", async (t) => {
  const { turn, ends, clock } = stopped();
  t.equal(ends.length, 0, "nothing looks: nothing is asked of the event loop");
  t.notOk(turn.over);
  clock.ms = 1.9;
  t.notOk(turn.over);
  clock.ms = 2;
  t.ok(turn.over);
  t.equal(ends.length, 1, "asked for once");
  ends.shift()!();
  t.notOk(turn.over);
});

t.test("work that comes too late waits, in order, and each turn does some of it however long it takes", async (t) => {
  const { turn, ends, clock } = stopped();
  const done: number[] = [];
  const take = (name: number, ms: number) =>
    turn.run(() => {
      clock.ms += ms;
      done.push(name);
      return name;
    });
  const all = Promise.all([take(1, 1), take(2, 5), take(3, 0.5), take(4, 3), take(5, 0.5)]);
  t.same(done, [1, 2], "the second began in time");
  ends.shift()!();
  t.same(done, [1, 2, 3, 4]);
  ends.shift()!();
  t.same(done, [1, 2, 3, 4, 5]);
  t.same(await all, [1, 2, 3, 4, 5]);
  for (const end of ends.splice(0)) end();
  t.equal(ends.length, 0, "with nothing to do the event loop is left alone");
});

t.test("work that fails rejects, at once or later, and the others are done", async (t) => {
  const { turn, ends, clock } = stopped();
  const fail = () => {
    clock.ms += 9;
    throw new Error("broken");
  };
  const first = turn.run(fail);
  const second = turn.run(fail);
  const third = turn.run(() => "done");
  await t.rejects(first, /broken/);
  ends.shift()!();
  await t.rejects(second, /broken/);
  ends.shift()!();
  t.equal(await third, "done");
});

t.test("on the event loop, work that arrives together is spread over turns", async (t) => {
  const turn = new Turn();
  let turns = 0;
  let over = false;
  const count = () => {
    turns++;
    if (!over) setImmediate(count);
  };
  setImmediate(count);
  const work = () => {
    for (const end = performance.now() + 1; performance.now() < end; );
  };
  await Promise.all(Array.from({ length: 20 }, () => turn.run(work)));
  over = true;
  t.ok(turns >= 5, `${turns} turns`);
});
