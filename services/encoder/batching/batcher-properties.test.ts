import fc from "fast-check";
import t from "tap";
import { PRIORITIES } from "./job.ts";
import { type Outcome, simulate } from "./testing.ts";

/** Anything that may happen to a batcher, and when. */
const event = fc.record({
  afterMs: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 60 })),
  priority: fc.constantFrom(...PRIORITIES),
  caller: fc.constantFrom("a", "b", "c"),
  shape: fc.constantFrom("x", "y"),
  size: fc.integer({ min: 1, max: 4 }),
  allowedMs: fc.oneof(fc.constant(Number.POSITIVE_INFINITY), fc.integer({ min: -1, max: 400 })),
  abortAfterMs: fc.option(fc.integer({ min: 0, max: 200 }), { freq: 6, nil: undefined }),
  poison: fc.boolean().map((chosen) => chosen),
});

const scenario = fc.record({
  a: fc.integer({ min: 0, max: 40 }),
  b: fc.integer({ min: 0, max: 10 }),
  noise: fc.double({ min: 0, max: 0.9, noNaN: true }),
  seed: fc.integer(),
  poisonous: fc.boolean(),
  closeAfter: fc.option(fc.nat(80), { nil: undefined }),
  options: fc.record({
    maxBatch: fc.integer({ min: 4, max: 16 }),
    maxDelayMs: fc.integer({ min: 0, max: 20 }),
    maxQueued: fc.integer({ min: 1, max: 40 }),
    slots: fc.integer({ min: 1, max: 3 }),
    maxBulkMs: fc.integer({ min: 0, max: 100 }),
    isolateFailures: fc.boolean(),
  }),
  events: fc.array(event, { minLength: 1, maxLength: 80 }),
});

async function play({
  a,
  b,
  noise,
  seed,
  options,
  events,
  poisonous,
  closeAfter,
}: typeof scenario extends fc.Arbitrary<infer S> ? S : never) {
  const simulation = simulate({ a, b, noise, seed }, options);
  const { clock, batcher, submit } = simulation;
  let closed: Promise<void> | undefined;
  for (const [i, { afterMs, allowedMs, abortAfterMs, poison, ...job }] of events.entries()) {
    await clock.runUntil(clock.now() + afterMs);
    if (i === closeAfter) closed = batcher.close();
    const controller = new AbortController();
    if (abortAfterMs !== undefined) clock.schedule(abortAfterMs, () => controller.abort(new Error("hung up")));
    const deadlineMs = clock.now() + allowedMs;
    submit({ ...job, deadlineMs, signal: controller.signal, poison: poisonous && poison });
  }
  await clock.runOut();
  await (closed ?? batcher.close());
  return simulation;
}

t.test(
  "whatever happens: each job is answered once and in time, none computed too late, all are accounted for",
  async (t) => {
    await fc.assert(
      fc.asyncProperty(scenario, async (scenario) => {
        const { batcher, outcomes, runs, computedLate } = await play(scenario);
        const { submitted, answered, failed, refused, dropped, late } = batcher.counts;
        const sum = (...counts: Record<string, number>[]) =>
          counts.flatMap(Object.values<number>).reduce((total, count) => total + count, 0);
        t.equal(submitted, scenario.events.length);
        t.equal(submitted, answered + failed + sum(refused, dropped, late));
        t.equal(outcomes.filter(({ value }) => value !== undefined).length, answered);
        for (const { id, settled, value, error, doneMs, deadlineMs } of outcomes) {
          if (settled !== 1) t.fail(`job ${id} was settled ${settled} times`);
          if (value !== undefined && (value !== id || doneMs > deadlineMs)) t.fail(`job ${id}: ${value} at ${doneMs}`);
          if (value === undefined && !(error instanceof Error)) t.fail(`job ${id} has neither answer nor error`);
          if (doneMs > deadlineMs + 1e-6 && !(error instanceof Error)) t.fail(`job ${id} was told late`);
        }
        t.same(computedLate, []);
        t.ok(runs.every(({ rows }) => rows <= scenario.options.maxBatch));
        t.same(batcher.load, { interactive: 0, bulk: 0, running: 0 });
        for (const { atMs } of runs) {
          const together = runs.filter((other) => other.atMs <= atMs && atMs < other.doneMs);
          t.ok(together.length <= scenario.options.slots);
        }
      }),
      { numRuns: 60 },
    );
  },
);

t.test("nobody sees the doing of another: what is computed more than once failed in company first", async (t) => {
  await fc.assert(
    fc.asyncProperty(scenario, async (scenario) => {
      const { runs } = await play({ ...scenario, options: { ...scenario.options, isolateFailures: true } });
      const times = new Map<number, number>();
      for (const { ids } of runs) for (const id of ids) times.set(id, (times.get(id) ?? 0) + 1);
      t.ok([...times.values()].every((count) => count <= (scenario.poisonous ? 2 : 1)));
    }),
    { numRuns: 30 },
  );
});

t.test("no bulk starts while interactive of any shape waits", async (t) => {
  await fc.assert(
    fc.asyncProperty(scenario, async (scenario) => {
      const { runs, outcomes } = await play({ ...scenario, poisonous: false });
      const startOf = new Map(runs.flatMap(({ ids, atMs }) => ids.map((id) => [id, atMs] as const)));
      const waits = ({ id, atMs, priority, doneMs }: Outcome, at: number) =>
        priority === "interactive" && atMs < at && at < Math.min(startOf.get(id) ?? doneMs, doneMs);
      for (const { ids, atMs } of runs) {
        if (outcomes[ids[0] ?? 0]?.priority !== "bulk") continue;
        const overtaken = outcomes.find((outcome) => waits(outcome, atMs));
        if (overtaken) t.fail(`bulk ${ids} started at ${atMs} before interactive ${overtaken.id}`);
      }
    }),
    { numRuns: 40 },
  );
});

t.test("one caller's jobs of a class and shape start in the order of their deadlines", async (t) => {
  const deadlines = fc.array(fc.integer({ min: 5000, max: 9000 }), { minLength: 2, maxLength: 60 });
  await fc.assert(
    fc.asyncProperty(deadlines, fc.integer({ min: 1, max: 8 }), async (deadlines, maxBatch) => {
      const { clock, runs, submit } = simulate({ a: 10, b: 1 }, { maxBatch });
      const jobs = deadlines.map((deadlineMs) => submit({ deadlineMs }));
      await clock.runOut();
      const started = runs.flatMap(({ ids }) => ids.map((id) => jobs[id]?.deadlineMs));
      t.same(
        started,
        deadlines.toSorted((x, y) => x - y),
      );
    }),
    { numRuns: 40 },
  );
});

t.test("nobody starves in a class: every job of a steady, bearable load is answered", async (t) => {
  await fc.assert(
    fc.asyncProperty(fc.integer(), fc.integer({ min: 2, max: 40 }), async (seed, callers) => {
      const { clock, submit, outcomes, random } = simulate({ a: 5, b: 2, noise: 0.2, seed }, { maxQueued: 10_000 });
      for (let i = 0; i < 600; i++) {
        // The first caller sends half of everything.
        const caller = random() < 0.5 ? "0" : String(Math.floor(callers * random()));
        submit({ caller, priority: random() < 0.5 ? "bulk" : "interactive" });
        if (i % 4 === 0) await clock.runUntil(clock.now() + 10);
      }
      await clock.runOut();
      t.ok(outcomes.every(({ id, value }) => value === id));
    }),
    { numRuns: 8 },
  );
});

t.test("a caller with 100 jobs does not hold up one with a single job", async (t) => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 32 }), fc.boolean(), async (maxBatch, urgent) => {
      const { clock, submit } = simulate({ a: 10, b: 2 }, { maxBatch });
      // The heavy caller claims the shorter deadlines.
      for (let i = 0; i < 100; i++)
        submit({ caller: "heavy", deadlineMs: urgent ? 100_000 : Number.POSITIVE_INFINITY });
      await clock.runUntil(1);
      const light = submit({ caller: "light" });
      await clock.runOut();
      // The batch in progress, then its own; alone in a batch the earlier one of the heavy caller's still goes before
      // it.
      const batches = maxBatch === 1 ? 3 : 2;
      t.ok(light.doneMs <= batches * (10 + 2 * maxBatch), `answered after ${light.doneMs} ms`);
    }),
    { numRuns: 20 },
  );
});
