import process from "node:process";
import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import t from "tap";
import { Dice } from "./model/dice.ts";
import { CATEGORIES, drawFilter, drawItem, drawVector, INDICES, itemIdOf, type ModelItem } from "./model/items.ts";
import { expected, type Found, wrong } from "./model/judge.ts";
import { operationsIn, planRound } from "./model/plan.ts";
import { runModelTest } from "./model/run.ts";
import { History } from "./model/world.ts";

const seed = Number(process.env.TEST_SEED ?? Date.now() % 2 ** 31);

t.test("a seed plans the same rounds every time, another one other rounds", async (t) => {
  const settings = { seed, lanes: 3, ids: 50, steps: 20, faults: 0.5 };
  const same = (a: object, b: object) => isDeepStrictEqual(a, b);
  t.ok(same(planRound(settings, 4), planRound(settings, 4)));
  t.notOk(same(planRound(settings, 4), planRound({ ...settings, seed: seed + 1 }, 4)));
  t.notOk(same(planRound(settings, 4), planRound(settings, 5)));
  t.ok(operationsIn(planRound(settings, 4)) > 60);
});

t.test("the right answer is right; an answer that lacks, adds, repeats or misplaces something is not", async () => {
  const place = fc.record({ seed: fc.nat(), k: fc.integer({ min: 1, max: 30 }), shape: fc.constantFrom(...INDICES) });
  const damage = fc.constantFrom("lacks", "adds", "repeats", "misplaces", "misscores", "is longer");
  fc.assert(
    fc.property(place, damage, ({ seed, k, shape }, kind) => {
      const dice = new Dice(seed);
      const items = Array.from({ length: 60 }, (_, n) => drawItem(dice, 0, itemIdOf(0, n), `${n}`));
      const filter = drawFilter(dice, ["", "l0-u0", "l0-u1"], () => itemIdOf(0, dice.whole(0, 59)));
      const asked = { index: shape.index, vector: drawVector(dice, shape), k, filter };
      const all = expected(items, asked);
      const answer = all.slice(0, k);
      if (wrong(all, answer, asked) !== undefined) return false;
      const bad = damaged(kind, answer, all);
      return bad === undefined || wrong(all, bad, asked) !== undefined;
    }),
    { seed },
  );
});

/** The answer with a defect; undefined where it is too short for it. */
function damaged(kind: string, answer: Found[], all: Found[]): Found[] | undefined {
  const [first, second] = answer;
  if (!first || !second || first.score - second.score < 1e-3) return undefined;
  const rest = answer.slice(1);
  if (kind === "lacks") return rest;
  if (kind === "adds") return [{ itemId: "nobody", score: first.score }, ...rest];
  if (kind === "repeats") return [first, first, ...answer.slice(2)];
  if (kind === "misplaces") return [second, first, ...answer.slice(2)];
  if (kind === "misscores") return [{ ...first, score: first.score + 1e-3 }, ...rest];
  const next = all[answer.length];
  return next && [...answer, next];
}

t.test("a history has the items as of every change, and is none if a change is missing", async (t) => {
  const item = (itemId: string, revision: string) =>
    ({ ...drawItem(new Dice(1), 0, itemId, revision), category: CATEGORIES[0] }) as ModelItem;
  const [a1, a2, b1] = [item("a", "1"), item("a", "2"), item("b", "1")];
  const writes = [
    { lastSeq: 14n, changes: [{ itemId: "a", item: undefined }] },
    { lastSeq: 13n, changes: [a2, b1].map((one) => ({ itemId: one.itemId, item: one })) },
  ];
  const history = History.of(new Map([["a", a1]]), 11n, writes);
  t.same(
    Array.from(
      history!.at([10n, 11n, 12n, 13n, 14n, 15n]),
      (items) => items && [...items.values()].map((one) => one.revision),
    ),
    [undefined, ["1"], ["2"], ["2", "1"], ["1"], undefined],
  );
  t.equal(History.of(new Map(), 10n, writes), undefined);
  t.equal(History.of(new Map(), 11n, writes.slice(0, 1)), undefined);
});

t.test("random operations and faults on real processes: every answer is the model's", async (t) => {
  t.comment(`TEST_SEED=${seed}`);
  const result = await runModelTest({ seed, operations: 2500, faults: 0.5 });
  t.same(result.differences, []);
  t.ok((result.counts["lists compared"] ?? 0) > 500);
  t.ok((result.counts["acknowledged writes"] ?? 0) > 50);
});
