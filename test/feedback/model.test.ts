import process from "node:process";
import { isDeepStrictEqual } from "node:util";
import t from "tap";
import { eventsIn, Plan } from "./model/plan.ts";
import { runModelTest } from "./model/run.ts";

const seed = Number(process.env.TEST_SEED ?? Date.now() % 2 ** 31);

t.test("a seed plans the same rounds every time, another one other rounds", async (t) => {
  const rounds = (from: number) => {
    const plan = new Plan({ seed: from, lanes: 3, people: 5, steps: 20, faults: 0.5 });
    return Array.from({ length: 5 }, () => plan.next());
  };
  t.ok(isDeepStrictEqual(rounds(seed), rounds(seed)));
  t.notOk(isDeepStrictEqual(rounds(seed), rounds(seed + 1)));
  t.ok(rounds(seed).reduce((sum, round) => sum + eventsIn(round), 0) > 300);
});

t.test("random events and faults through a real Envoy: log, profiles and a replay from zero agree", async (t) => {
  t.comment(`TEST_SEED=${seed}`);
  const result = await runModelTest({ seed, events: 2000, faults: 0.8 });
  t.comment(JSON.stringify(result));
  t.same(result.differences, []);
  t.ok((result.counts["events kept"] ?? 0) > 1000);
});
