import process from "node:process";
import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import t from "tap";
import { Dice } from "./model/dice.ts";
import {
  CATEGORIES,
  drawFilter,
  drawItem,
  drawVector,
  INDICES,
  itemIdOf,
  type ModelItem,
  NO_CONDITION,
} from "./model/items.ts";
import { expected, type Found, recallOf, wrong } from "./model/judge.ts";
import { operationsIn, planRound } from "./model/plan.ts";
import { runModelTest } from "./model/run.ts";
import { Tally } from "./model/tally.ts";
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

t.test("recall counts what is as near as the truth, and bounds the mean", async (t) => {
  const found = [3, 2, 2, 1].map((score, at) => ({ itemId: `i${at}`, score }));
  const asked = { index: "fashion_specific", vector: new Float32Array(8), k: 2, filter: NO_CONDITION };
  t.equal(recallOf(found, [found[0]!, found[2]!], asked), 1, "equally near ones are equally good");
  t.equal(recallOf(found, [found[0]!, found[3]!], asked), 0.5);
  t.equal(recallOf(found, [found[0]!], { ...asked, minScore: 2.5 }), 1);
  t.equal(recallOf([], [], asked), 1);
  const tally = new Tally();
  const call = { queries: [], k: 2, filter: NO_CONDITION, exact: false };
  for (let n = 0; n < 60; n++) tally.judged({ differences: [], recalls: [{ index: "one", recall: n % 2 }] }, call);
  tally.judgeRecall();
  t.match(tally.graphRecall, { one: { answers: 60, mean: 0.5, lowest: 0, perfect: 30 } });
  t.match(tally.differences, [/graphs of one have a recall of 0\.5000/]);
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
  const result = await runModelTest({ seed, operations: 5000, faults: 0.5 });
  t.same(result.differences, []);
  t.ok((result.counts["lists compared"] ?? 0) > 500);
  t.ok((result.counts["acknowledged writes"] ?? 0) > 50);
  const answers = Object.values(result.graphRecall).reduce((sum, one) => sum + one.answers, 0);
  const skip = result.engine.name === "flat" && `answers of graphs: ${result.engine.reason}`;
  t.ok(answers > 20, `${answers} answers of graphs`, { skip });
});
