import t from "tap";
import { GroupCommit } from "./group-commit.ts";

interface Call {
  ids: string[];
}

/** A GroupCommit whose transactions end when the test says so. */
function controlled(mostWaiting = 100) {
  const groups: { calls: string[]; end: (answers?: (string | Error)[] | Error) => void }[] = [];
  let arrived = Promise.withResolvers<void>();
  const group = new GroupCommit<Call, string>({
    async commit(calls) {
      const done = Promise.withResolvers<(string | Error)[]>();
      groups.push({
        calls: calls.map(({ ids }) => ids.join("+")),
        end: (answers = calls.map(({ ids }) => `ok ${ids.join("+")}`)) =>
          answers instanceof Error ? done.reject(answers) : done.resolve(answers),
      });
      arrived.resolve();
      return done.promise;
    },
    sizeOf: ({ ids }) => ids.length,
    idsOf: ({ ids }) => ids,
    mostAtOnce: 4,
    mostWaiting,
    refuse: () => new Error("full"),
    mayBeOfOne: (error) => /one/.test(String(error)),
  });
  const next = async () => {
    while (groups.length === 0) {
      await arrived.promise;
      arrived = Promise.withResolvers<void>();
    }
    return groups.shift()!;
  };
  return { group, next, add: (ids: string, signal?: AbortSignal) => group.add({ ids: ids.split("+") }, signal) };
}

t.test(
  "calls that come while a transaction is under way share the next one, in their order, up to its size",
  async (t) => {
    const { add, next } = controlled();
    const answers = [add("a")];
    const first = await next();
    t.same(first.calls, ["a"], "nobody is waited for");
    answers.push(add("b"), add("c+d"), add("e+f"), add("g"));
    first.end();
    const second = await next();
    t.same(second.calls, ["b", "c+d"]);
    second.end();
    const third = await next();
    t.same(third.calls, ["e+f", "g"]);
    third.end();
    t.same(await Promise.all(answers), ["ok a", "ok b", "ok c+d", "ok e+f", "ok g"]);
  },
);

t.test("a call that shares an id with one before it comes after it, also through a third", async (t) => {
  const { add, next } = controlled();
  const held = add("x");
  const first = await next();
  const answers = [add("a"), add("a+b"), add("b")];
  first.end();
  for (const expected of ["a", "a+b", "b"]) {
    const group = await next();
    t.same(group.calls, [expected]);
    group.end();
  }
  t.same(await Promise.all([held, ...answers]), ["ok x", "ok a", "ok a+b", "ok b"]);
});

t.test("one call's fault is its own; what is nobody's own is everybody's", async (t) => {
  const { add, next } = controlled();
  const held = add("x");
  const first = await next();
  const [a, bad, c] = [add("a"), add("bad"), add("c")];
  const refused = t.rejects(bad, /of one/);
  first.end();
  (await next()).end(new Error("of one"));
  for (const name of ["a", "bad", "c"]) {
    const alone = await next();
    t.same(alone.calls, [name]);
    alone.end(name === "bad" ? new Error("of one") : undefined);
  }
  t.same(await Promise.all([held, a, c]), ["ok x", "ok a", "ok c"]);
  await refused;
  const [d, e] = [add("d"), add("e")];
  const both = [t.rejects(d, /away/), t.rejects(e, /away/)];
  (await next()).end(new Error("away"));
  const [f, g] = [add("f"), add("g")];
  both.push(t.rejects(f, /conflict/));
  (await next()).end([new Error("conflict"), "ok g"]);
  t.equal(await g, "ok g");
  await Promise.all(both);
});

t.test("who hangs up before the transaction is not written; who comes when too many wait is refused", async (t) => {
  const { add, next, group } = controlled(3);
  const held = add("x");
  const first = await next();
  const left = new AbortController();
  const gone = t.rejects(add("gone", left.signal), /left/);
  const kept = add("a+b");
  await t.rejects(add("c"), /full/);
  left.abort(new Error("left"));
  await gone;
  t.equal(group.rowsWaiting, 2);
  first.end();
  const second = await next();
  t.same(second.calls, ["a+b"]);
  second.end();
  t.same(await Promise.all([held, kept]), ["ok x", "ok a+b"]);
});
