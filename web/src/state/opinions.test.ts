import t from "tap";
import { createOpinions, type OpinionEvent, opinionOn } from "./opinions.ts";

/** Opinions whose sending a test ends itself; each step resolves when the next thing happened. */
function setUp() {
  const sent: { event: OpinionEvent; store: () => void; fail: () => void }[] = [];
  const told: string[] = [];
  let wake = () => {};
  const next = () =>
    new Promise<void>((resolve) => {
      wake = resolve;
    });
  const opinions = createOpinions({
    send: (event) =>
      new Promise((store, reject) => {
        sent.push({ event, store, fail: () => reject(new Error("away")) });
        wake();
      }),
    onStored: ({ opinion }) => {
      told.push(`stored ${opinion}`);
      wake();
    },
    onFailed: ({ opinion }) => {
      told.push(`failed ${opinion}`);
      wake();
    },
  });
  return { opinions, sent, told, next };
}

const a = (opinion: "like" | "skip"): OpinionEvent => ({ itemId: "a", opinion, recommendationId: "r" });

t.test("an opinion shows before it is stored, and stays", async (t) => {
  const { opinions, sent, told, next } = setUp();
  const sending = next();
  opinions.give(a("like"));
  t.equal(opinions.get().get("a"), "like");
  await sending;
  const stored = next();
  sent[0]!.store();
  await stored;
  t.same(told, ["stored like"]);
  t.equal(opinions.get().get("a"), "like");
});

t.test("what cannot be stored is taken back to what was stored before", async (t) => {
  const { opinions, sent, told, next } = setUp();
  for (const opinion of ["like", "skip"] as const) {
    const sending = next();
    opinions.give(a(opinion));
    await sending;
    const ended = next();
    if (opinion === "like") sent[0]!.store();
    else sent[1]!.fail();
    await ended;
  }
  t.same(told, ["stored like", "failed skip"]);
  t.equal(opinions.get().get("a"), "like");
});

t.test("the first opinion that fails leaves none", async (t) => {
  const { opinions, sent, next } = setUp();
  const sending = next();
  opinions.give(a("skip"));
  await sending;
  const ended = next();
  sent[0]!.fail();
  await ended;
  t.notOk(opinions.get().has("a"));
});

t.test("opinions on one garment are sent in turn, and an old failure does not undo a newer one", async (t) => {
  const { opinions, sent, next } = setUp();
  const sending = next();
  opinions.give(a("like"));
  opinions.give(a("skip"));
  await sending;
  t.equal(sent.length, 1, "the second waits for the first");
  const failed = next();
  sent[0]!.fail();
  await failed;
  t.equal(opinions.get().get("a"), "skip");
});

t.test("what was given here goes before the profile", async (t) => {
  const profile = { liked: new Set(["a", "b"]), skipped: new Set(["c"]) };
  const given = new Map([["a", "skip" as const]]);
  t.equal(opinionOn("a", given, profile), "skip");
  t.equal(opinionOn("b", given, profile), "like");
  t.equal(opinionOn("c", given, profile), "skip");
  t.equal(opinionOn("d", given, profile), undefined);
});
