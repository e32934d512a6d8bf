import fc from "fast-check";
import t from "tap";
import { DeadlineTooCloseError } from "./refusals.ts";
import { quantile } from "./statistics.ts";
import { arrivals, simulate } from "./testing.ts";

/** Models from "all fixed cost" (a GPU) to "all in the rows" (a small CPU), with the time that callers allow. */
const MODELS = [
  { a: 10, b: 1, allowedMs: 200 },
  { a: 20, b: 0.5, allowedMs: 150 },
  { a: 2, b: 10, allowedMs: 1000 },
  { a: 5, b: 5, allowedMs: 350 },
];

/** Poisson arrivals of `load` times what the model can do at its best. */
async function offer(model: (typeof MODELS)[number], load: number, seed: number, callers: number) {
  const { a, b, allowedMs } = model;
  const simulation = simulate({ a, b, noise: 0.1, seed });
  const { clock, submit, random, outcomes } = simulation;
  const peak = 32 / (a + 32 * b);
  const untilMs = 1500 / peak / Math.max(1, load);
  arrivals(clock, random, peak * load, untilMs, () =>
    submit({ deadlineMs: clock.now() + allowedMs, caller: String(Math.floor(callers * random())) }),
  );
  await clock.runUntil(untilMs);
  await clock.runOut();
  const answered = outcomes.filter(({ value }) => value !== undefined);
  return { ...simulation, answered, goodput: answered.length / untilMs / peak };
}

t.test("under three times what it can do, goodput is at least 0.9 of the peak and refusals come at once", async (t) => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...MODELS),
      fc.integer(),
      fc.constantFrom(1, 3, 500),
      async (model, seed, callers) => {
        const { goodput, outcomes, answered, batcher, computedLate } = await offer(model, 3, seed, callers);
        const said = `a ${model.a} b ${model.b} callers ${callers} seed ${seed}`;
        t.ok(goodput >= 0.9, `goodput ${goodput.toFixed(3)} of the peak: ${said}`);
        const refused = outcomes.filter(({ error }) => error instanceof DeadlineTooCloseError);
        t.ok(refused.every(({ atMs, doneMs }) => doneMs === atMs));
        const taken = outcomes.length - refused.length;
        t.ok(taken - answered.length <= 0.25 * taken, `${taken - answered.length} of ${taken} taken in vain: ${said}`);
        t.same([computedLate, batcher.counts.failed], [[], 0]);
      },
    ),
    { numRuns: 12 },
  );
});

t.test("at half the load nobody is refused or late, and the wait stays small", async (t) => {
  for (const model of MODELS) {
    const { answered, outcomes } = await offer(model, 0.5, 7, 3);
    t.ok(answered.length >= 0.99 * outcomes.length, `${outcomes.length - answered.length} of ${outcomes.length} lost`);
    const times = answered.map(({ atMs, doneMs }) => doneMs - atMs);
    const single = model.a + model.b;
    t.ok(quantile(times, 0.5) <= 3 * single, `median ${quantile(times, 0.5)} ms, one alone ${single} ms`);
  }
});

t.test("under a flood of bulk an interactive call waits for one bounded batch, no more", async (t) => {
  await fc.assert(
    fc.asyncProperty(fc.integer(), fc.constantFrom(30, 60, 120), async (seed, maxBulkMs) => {
      const { clock, submit, outcomes, random } = simulate({ a: 5, b: 4, noise: 0.1, seed }, { maxBulkMs });
      const flood = () => {
        for (let i = 0; i < 64; i++) submit({ priority: "bulk", caller: "import" });
      };
      for (let at = 0; at < 8000; at += 250) clock.schedule(at, flood);
      arrivals(clock, random, 1 / 100, 8000, () => submit({ caller: "shopper" }));
      await clock.runUntil(8000);
      await clock.runOut();
      const times = outcomes
        .filter(({ priority }) => priority === "interactive")
        .map(({ atMs, doneMs }) => doneMs - atMs);
      // Hardly a bulk run exceeds the bound; its own batch holds up to three interactive calls.
      const bound = 1.05 * maxBulkMs + 1.1 * (5 + 4 * 3);
      t.ok(
        quantile(times, 0.99) <= bound,
        `p99 ${quantile(times, 0.99).toFixed(1)} ms, bound ${bound} ms, ${times.length} calls`,
      );
      t.ok(outcomes.every(({ value }) => value !== undefined));
    }),
    { numRuns: 6 },
  );
});
