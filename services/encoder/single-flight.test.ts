import fc from "fast-check";
import t from "tap";
import { SingleFlight } from "./single-flight.ts";

class Busy extends Error {}

const flights = () => {
  const shared: string[] = [];
  const isOwn = (error: unknown) => error instanceof Busy;
  return { shared, single: new SingleFlight<string>({ isOwn, onShared: (key) => shared.push(key) }) };
};

/** Work that ends when told to. */
function slow() {
  const begun: { signal: AbortSignal; resolve(value: string): void; reject(error: Error): void }[] = [];
  const work = (signal: AbortSignal) =>
    new Promise<string>((resolve, reject) => {
      begun.push({ signal, resolve, reject });
      signal.addEventListener("abort", () => reject(signal.reason as Error));
    });
  return { begun, work };
}

const never = new AbortController().signal;
const turn = () => new Promise((resolve) => setImmediate(resolve));

t.test("equal work under way is done once, other work beside it", async (t) => {
  const { single, shared } = flights();
  const { begun, work } = slow();
  const calls = ["a", "a", "b", "a"].map((key) => single.run(key, never, work));
  await turn();
  t.equal(begun.length, 2);
  t.equal(single.size, 2);
  begun[0]?.resolve("A");
  begun[1]?.resolve("B");
  t.same(await Promise.all(calls), ["A", "A", "B", "A"]);
  t.same(shared, ["a", "a"]);
  t.equal(single.size, 0);
});

t.test("done is not kept: that is the cache's affair; nor is a failure", async (t) => {
  const { single } = flights();
  let runs = 0;
  const work = async () => {
    if (++runs === 1) throw new Error("broken");
    return String(runs);
  };
  await t.rejects(single.run("a", never, work), /broken/);
  t.equal(await single.run("a", never, work), "2");
  t.equal(await single.run("a", never, work), "3");
});

t.test("one who leaves does not end it for the others, not even the first", async (t) => {
  const { single } = flights();
  const { begun, work } = slow();
  const first = new AbortController();
  const second = new AbortController();
  const calls = [first.signal, second.signal].map((signal) => single.run("a", signal, work));
  await turn();
  first.abort(new Error("gone"));
  await t.rejects(calls[0] as Promise<string>, /gone/);
  t.notOk(begun[0]?.signal.aborted);
  begun[0]?.resolve("A");
  t.equal(await calls[1], "A");
});

t.test("when all have left the work is aborted, and the next one begins anew", async (t) => {
  const { single } = flights();
  const { begun, work } = slow();
  const callers = [new AbortController(), new AbortController()];
  const calls = callers.map(({ signal }) => single.run("a", signal, work));
  await turn();
  for (const caller of callers) caller.abort(new Error("gone"));
  const next = single.run("a", never, work);
  for (const call of calls) await t.rejects(call, /gone/);
  await turn();
  t.ok(begun[0]?.signal.aborted);
  t.equal(begun.length, 2);
  begun[1]?.resolve("A");
  t.equal(await next, "A");
});

t.test("the trouble of the first is not that of the others: the next one tries for itself", async (t) => {
  const { single } = flights();
  let runs = 0;
  const work = async () => {
    await turn();
    if (++runs < 3) throw new Busy("no room");
    return `run ${runs}`;
  };
  const results = await Promise.allSettled([1, 2, 3, 4].map(() => single.run("a", never, work)));
  t.same(
    results.map((result) => (result.status === "fulfilled" ? result.value : result.reason.message)),
    ["no room", "no room", "run 3", "run 3"],
  );
});

t.test("whatever is asked for and given up, everybody else gets an answer and nothing is left", async (t) => {
  const step = fc.record({ key: fc.constantFrom("a", "b"), leaves: fc.boolean(), ends: fc.boolean() });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 20 }), async (steps) => {
      const { single } = flights();
      const { begun, work } = slow();
      const waiting: { call: Promise<unknown>; leaves: boolean }[] = [];
      for (const { key, leaves, ends } of steps) {
        const caller = new AbortController();
        const call = single.run(key, caller.signal, work).catch((error: Error) => error.message);
        waiting.push({ call, leaves });
        await turn();
        if (leaves) caller.abort(new Error("left"));
        if (ends) for (const { resolve } of begun) resolve("done");
        await turn();
      }
      for (const { resolve } of begun) resolve("done");
      for (const { call, leaves } of waiting) t.equal(await call, leaves ? "left" : "done");
      t.equal(single.size, 0);
    }),
  );
});
