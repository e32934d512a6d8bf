import { Code, ConnectError } from "@connectrpc/connect";
import fc from "fast-check";
import t from "tap";
import { SharedSends } from "./shared-sends.ts";

/** Sends that are answered by hand, and time that goes on by hand. */
function byHand({ mostAtOnce = 4 } = {}) {
  let now = 0;
  const timers = new Set<{ at: number; work: () => void }>();
  const sent: { values: string[]; timeoutMs: number; answer(answers: (Error | undefined)[]): void; fail(): void }[] =
    [];
  const sends = new SharedSends<string>({
    send: (values, timeoutMs) =>
      new Promise((resolve, reject) => {
        sent.push({
          values,
          timeoutMs,
          answer: resolve,
          fail: () => reject(new ConnectError("away", Code.Unavailable)),
        });
      }),
    mostWaitMs: 10,
    mostAtOnce,
    nowMs: () => now,
    after(ms, work) {
      const timer = { at: now + ms, work };
      timers.add(timer);
      return () => timers.delete(timer);
    },
  });
  return {
    sends,
    sent,
    timers,
    accept: (n: number) => sent[n]?.answer(sent[n].values.map(() => undefined)),
    goOn(ms: number) {
      now += ms;
      for (const timer of [...timers]) {
        if (timer.at > now || !timers.delete(timer)) continue;
        timer.work();
      }
    },
  };
}

const codeOf = (promise: Promise<void>) =>
  promise.then(
    () => "sent",
    (error: unknown) => Code[ConnectError.from(error).code],
  );
/** All that has been decided has been told. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

t.test("who comes alone waits for nobody; what comes meanwhile goes together", async (t) => {
  const { sends, sent, accept, timers } = byHand();
  const first = codeOf(sends.add("a", 100));
  t.same(
    sent.map(({ values }) => values),
    [["a"]],
  );
  const others = ["b", "c"].map((value) => codeOf(sends.add(value, 100)));
  t.equal(sent.length, 1);
  accept(0);
  t.equal(await first, "sent");
  await settled();
  t.same(sent[1]?.values, ["b", "c"]);
  accept(1);
  t.same(await Promise.all(others), ["sent", "sent"]);
  t.equal(timers.size, 0, "no timer stays behind");
});

t.test("nobody waits for company longer than told, nor in a group larger than told", async (t) => {
  const { sends, sent, goOn } = byHand();
  const add = (value: string) => void codeOf(sends.add(value, 1000));
  add("hangs");
  add("b");
  goOn(4);
  add("c");
  t.equal(sent.length, 1);
  goOn(6);
  t.same(sent[1]?.values, ["b", "c"]);
  for (const value of ["d", "e", "f"]) add(value);
  t.equal(sent.length, 2);
  add("g");
  t.same(sent[2]?.values, ["d", "e", "f", "g"]);
});

t.test("each has a deadline of its own, a send the latest of its deadlines", async (t) => {
  const { sends, sent, goOn, accept } = byHand();
  const first = codeOf(sends.add("a", 100));
  const [short, long] = [codeOf(sends.add("short", 5)), codeOf(sends.add("long", 50))];
  goOn(5);
  t.equal(await short, "DeadlineExceeded");
  goOn(5);
  t.match(sent[1], { values: ["long"], timeoutMs: 40 }, "what is too late is not sent");
  goOn(40);
  t.equal(await long, "DeadlineExceeded");
  accept(1);
  accept(0);
  t.equal(await first, "sent");
});

t.test("a refusal is that of one, a failure that of all who went together, and the next ones go on", async (t) => {
  const { sends, sent, accept } = byHand();
  void codeOf(sends.add("first", 100));
  const group = ["a", "b", "c"].map((value) => codeOf(sends.add(value, 100)));
  accept(0);
  await settled();
  sent[1]?.answer([undefined, new ConnectError("taken", Code.AlreadyExists), undefined]);
  t.same(await Promise.all(group), ["sent", "AlreadyExists", "sent"]);
  const next = codeOf(sends.add("d", 100));
  const [e, f] = [codeOf(sends.add("e", 100)), codeOf(sends.add("f", 100))];
  sent[2]?.fail();
  t.equal(await next, "Unavailable");
  await settled();
  sent[3]?.answer([undefined]);
  t.same(await Promise.all([e, f]), ["Unknown", "Unknown"], "fewer answers than were asked for say nothing of any");
});

t.test("who leaves before being sent is not sent", async (t) => {
  const { sends, sent, accept } = byHand();
  const gone = new AbortController();
  const left = new ConnectError("left", Code.Canceled);
  const first = codeOf(sends.add("first", 100, gone.signal));
  const [leaves, stays] = [codeOf(sends.add("leaves", 100, gone.signal)), codeOf(sends.add("stays", 100))];
  gone.abort(left);
  t.same(await Promise.all([first, leaves]), ["Canceled", "Canceled"]);
  t.equal(await codeOf(sends.add("late", 100, gone.signal)), "Canceled");
  accept(0);
  await settled();
  t.same(sent[1]?.values, ["stays"]);
  accept(1);
  t.equal(await stays, "sent");
});

t.test("whatever happens, each is told once, and only what was accepted is told to be", async () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant("add" as const), timeoutMs: fc.integer({ min: 1, max: 60 }) }),
    fc.record({ kind: fc.constant("wait" as const), ms: fc.integer({ min: 1, max: 30 }) }),
    fc.record({ kind: fc.constant("accept" as const), which: fc.nat(5) }),
    fc.record({ kind: fc.constant("fail" as const), which: fc.nat(5) }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const { sends, sent, goOn, timers } = byHand();
      const open: (typeof sent)[number][] = [];
      const accepted = new Set<string>();
      const told: Promise<readonly [string, string | undefined]>[] = [];
      let seen = 0;
      let n = 0;
      for (const one of steps) {
        if (one.kind === "add") {
          const name = `${n++}`;
          told.push(codeOf(sends.add(name, one.timeoutMs)).then((code) => [name, code] as const));
        } else if (one.kind === "wait") goOn(one.ms);
        else {
          const [send] = open.splice(one.which % Math.max(1, open.length), 1);
          if (one.kind === "fail") send?.fail();
          else {
            for (const value of send?.values ?? []) accepted.add(value);
            send?.answer(send.values.map(() => undefined));
          }
        }
        await settled();
        open.push(...sent.slice(seen));
        seen = sent.length;
      }
      goOn(1000);
      for (const [name, code] of await Promise.all(told)) {
        if (code === "sent" && !accepted.has(name)) throw new Error(`${name} was not accepted, and told to be`);
      }
      const values = sent.flatMap((send) => send.values);
      if (new Set(values).size !== values.length) throw new Error(`sent twice: ${values}`);
      if (sent.some((send) => send.values.length > 4)) throw new Error("sent more at once than told");
      if (timers.size > 0) throw new Error("a timer stays behind");
    }),
  );
});
