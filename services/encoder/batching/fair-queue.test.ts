import fc from "fast-check";
import t from "tap";
import { FairQueue } from "./fair-queue.ts";

interface Thing {
  caller: string;
  shape: string;
  size: number;
  deadlineMs: number;
  order: number;
  paid: boolean;
}

let orders = 0;
function thing(caller: string, deadlineMs = Number.POSITIVE_INFINITY, more: Partial<Thing> = {}): Thing {
  return { caller, shape: "s", size: 1, deadlineMs, order: orders++, paid: false, ...more };
}

function queueOf(things: Thing[]): FairQueue<Thing> {
  const queue = new FairQueue<Thing>();
  for (const each of things) queue.add(each);
  return queue;
}

/** The order of service of everything of one shape. */
const drain = (queue: FairQueue<Thing>, shape = "s") => queue.take(shape, () => "take");

t.test("one caller is served by deadline, then by arrival", (t) => {
  const deadline = fc.oneof(fc.integer({ min: 0, max: 20 }), fc.constant(Number.POSITIVE_INFINITY));
  fc.assert(
    fc.property(fc.array(deadline, { maxLength: 40 }), (deadlines) => {
      const things = deadlines.map((deadlineMs) => thing("a", deadlineMs));
      const expected = things.toSorted((x, y) =>
        x.deadlineMs === y.deadlineMs ? x.order - y.order : x.deadlineMs - y.deadlineMs,
      );
      t.same(drain(queueOf(things)), expected);
    }),
    { numRuns: 60 },
  );
  t.end();
});

t.test("callers who wait are never more than one thing apart in rows served", (t) => {
  const work = fc.array(
    fc.record({ caller: fc.constantFrom<string>("a", "b", "c"), size: fc.integer({ min: 1, max: 8 }) }),
    {
      minLength: 1,
      maxLength: 80,
    },
  );
  fc.assert(
    fc.property(work, (work) => {
      const queue = queueOf(work.map(({ caller, size }) => thing(caller, 1, { size })));
      const left = Map.groupBy(work, ({ caller }) => caller);
      const served = new Map([...left.keys()].map((caller) => [caller, 0]));
      for (const { caller, size } of drain(queue)) {
        served.set(caller, (served.get(caller) ?? 0) + size);
        left.get(caller)?.pop();
        const waiting = [...left].filter(([, rest]) => rest.length > 0).map(([name]) => served.get(name) ?? 0);
        if (waiting.length > 0 && Math.max(...waiting) - Math.min(...waiting) > 8) return false;
      }
      return queue.length === 0 && queue.rows === 0 && queue.rowsByShape.size === 0;
    }),
  );
  t.end();
});

t.test("a short deadline does not buy a caller more than its share", (t) => {
  const queue = queueOf([...Array(20)].flatMap(() => [thing("pushy", 1), thing("calm", 1000)]));
  const half = drain(queue).slice(0, 20);
  t.equal(half.filter(({ caller }) => caller === "calm").length, 10);
  t.end();
});

t.test("having been away earns nothing, and leaving for a moment hides nothing", (t) => {
  const queue = queueOf([...Array(50)].map(() => thing("a")));
  let left = 30;
  queue.take("s", () => (left-- > 0 ? "take" : "stop"));
  for (let i = 0; i < 50; i++) queue.add(thing("b"));
  const next = drain(queue).slice(0, 20);
  t.equal(next.filter(({ caller }) => caller === "b").length, 10, "b takes turns with a, it does not catch up 30");
  const again = new FairQueue<Thing>();
  again.add(thing("b"));
  for (let i = 0; i < 10; i++) again.add(thing("a"));
  let firstTen = 8;
  again.take("s", ({ caller }) => (caller === "b" ? "skip" : firstTen-- > 0 ? "take" : "stop"));
  for (let i = 0; i < 2; i++) {
    const rest = [...again.ofShape("s")].find(({ caller }) => caller === "a");
    if (rest) again.remove(rest);
  }
  again.add(thing("a"));
  t.equal(again.first()?.caller, "b", "a was served eight and is still behind");
  t.end();
});

t.test("shapes do not mix, what is skipped stays, what is paid for does not count", (t) => {
  const [x, y, z] = [thing("a", 1), thing("a", 2, { shape: "other" }), thing("a", 3)];
  const queue = queueOf([x, y, z]);
  t.same(
    queue.take("s", (each) => (each === x ? "skip" : "take")),
    [z],
  );
  t.same(
    [queue.length, queue.rows, [...queue.rowsByShape]],
    [
      2,
      2,
      [
        ["s", 1],
        ["other", 1],
      ],
    ],
  );
  t.ok(queue.remove(x));
  t.notOk(queue.remove(x));
  t.same(queue.first(), y);
  const free = queueOf([thing("a", 1, { paid: true }), thing("a"), thing("b", 2)]);
  free.take("s", ({ paid }) => (paid ? "take" : "stop"));
  t.equal(free.first()?.caller, "b", "equally served, so the deadline decides");
  t.end();
});

t.test("rows before a newcomer are those of its fair turn, not of the whole queue", (t) => {
  const queue = queueOf([...Array(100)].map(() => thing("heavy", 50)));
  t.equal(queue.rowsBefore(thing("heavy", 60)), 100);
  t.equal(queue.rowsBefore(thing("heavy", 40)), 0);
  t.ok(queue.rowsBefore(thing("light", 60)) <= 1);
  t.end();
});

t.test("room is made by who waits with most, and only for who has less", (t) => {
  const queue = queueOf([...Array(9)].map((_, i) => thing("heavy", i)));
  t.equal(queue.heaviest("light", 1)?.deadlineMs, 8);
  t.equal(queue.heaviest("heavy", 1), undefined);
  t.equal(queue.heaviest("light", 9), undefined);
  t.equal(new FairQueue<Thing>().heaviest("a", 1), undefined);
  t.end();
});
