import t from "tap";
import { Batcher } from "./batcher.ts";
import { BatcherClosedError, DeadlinePassedError, DeadlineTooCloseError, QueueFullError } from "./refusals.ts";
import { simulate, VirtualClock } from "./testing.ts";

/** A simulation whose curve is known: single jobs and pairs have been run. */
async function warm(model: Parameters<typeof simulate>[0], options: Parameters<typeof simulate>[1] = {}) {
  const simulation = simulate(model, options);
  const { clock, submit, runs } = simulation;
  for (let i = 0; i < 4; i++) {
    for (let n = 0; n < 1 + (i % 2) * 3; n++) submit();
    await clock.runOut();
    await clock.runUntil(clock.now() + 1000);
  }
  runs.length = 0;
  return simulation;
}

t.test("an idle batcher starts a single job at once", async (t) => {
  const { clock, runs, submit } = await warm({ a: 10, b: 1 }, { maxDelayMs: 50 });
  const began = clock.now();
  const job = submit();
  await clock.runOut();
  t.same([runs[0]?.atMs, job.doneMs, job.value], [began, began + 11, job.id]);
});

t.test("jobs that come together run together, those that come meanwhile run next", async (t) => {
  const { clock, runs, submit } = await warm({ a: 10, b: 1 }, { maxBatch: 8 });
  for (let i = 0; i < 5; i++) submit();
  await clock.runUntil(clock.now() + 1);
  for (let i = 0; i < 11; i++) submit();
  await clock.runOut();
  t.same(
    runs.map(({ rows }) => rows),
    [5, 8, 3],
  );
});

t.test("while calls come fast, a batch waits for company, but not longer than the delay", async (t) => {
  const { clock, runs, submit } = await warm({ a: 40, b: 1 }, { maxDelayMs: 5 });
  const begin = async () => {
    await clock.runUntil(clock.now() + 1000);
    runs.length = 0;
    const began = clock.now();
    for (let i = 0; i < 16; i++) {
      submit();
      await clock.runUntil(clock.now() + 1);
    }
    await clock.runOut();
    return runs.map(({ atMs, rows }) => [atMs - began, rows]);
  };
  await begin();
  t.same((await begin())[0], [5, 5], "of gaps of 1 ms the median is learned");
});

t.test("a batch that waits for company starts when its tightest deadline asks for it", async (t) => {
  const { clock, runs, submit } = await warm({ a: 40, b: 1 }, { maxDelayMs: 30, slots: 2 });
  submit();
  await clock.runUntil(clock.now() + 1);
  const began = clock.now();
  submit();
  const tight = submit({ deadlineMs: began + 60 });
  await clock.runOut();
  t.equal(tight.value, tight.id);
  const waited = (runs[1]?.atMs ?? Number.NaN) - began;
  t.ok(waited > 5 && waited < 20, `waited ${waited} ms of the 17 that the deadline leaves`);
});

t.test("a free slot beside a busy one takes a full batch at once", async (t) => {
  const { clock, runs, submit } = await warm({ a: 40, b: 1 }, { maxDelayMs: 30, slots: 2, maxBatch: 4 });
  submit();
  await clock.runUntil(clock.now() + 1);
  const began = clock.now();
  for (let i = 0; i < 4; i++) submit();
  await clock.runOut();
  t.same([runs[1]?.atMs, runs[1]?.rows], [began, 4]);
});

t.test("interactive goes before bulk, and they do not share a batch", async (t) => {
  const { clock, runs, submit } = await warm({ a: 10, b: 1 });
  submit();
  await clock.runUntil(clock.now() + 1);
  const bulk = [submit({ priority: "bulk" }), submit({ priority: "bulk" })];
  const interactive = [submit(), submit()];
  await clock.runOut();
  t.same(
    runs.slice(1).map(({ ids }) => ids),
    [interactive.map(({ id }) => id), bulk.map(({ id }) => id)],
  );
});

t.test("only equal shapes run together", async (t) => {
  const { clock, runs, submit } = simulate({ a: 10, b: 1 });
  for (const shape of ["x", "y", "x", "y", "y"]) submit({ shape });
  await clock.runOut();
  t.same(
    runs.map(({ shape, rows }) => [shape, rows]),
    [
      ["x", 2],
      ["y", 3],
    ],
  );
});

t.test(
  "nobody is refused for time before anything was measured; then it is said at once what is missing",
  async (t) => {
    const { clock, submit, batcher } = simulate({ a: 100, b: 10 });
    const first = submit({ deadlineMs: 50 });
    await clock.runOut();
    t.match(first, { doneMs: 50, error: DeadlinePassedError });
    await clock.runUntil(1000);
    const late = submit({ deadlineMs: clock.now() + 100 });
    await clock.runUntil(clock.now());
    t.match(late, { doneMs: 1000, error: DeadlineTooCloseError });
    t.match(late.error, { retryAfterMs: 10, message: /expected 110 ms .* got 100 ms/ });
    t.same([batcher.counts.refused.deadline_too_close, batcher.counts.late.deadline], [1, 1]);
    await clock.runUntil(30_000);
    const again = submit({ deadlineMs: clock.now() + 100 });
    await clock.runOut();
    t.match(again.error, DeadlinePassedError, "an old measurement refuses nobody: it is tried anew");
  },
);

t.test("the wait in front counts: the same deadline is met by an empty queue and refused by a long one", async (t) => {
  const { clock, submit } = await warm({ a: 10, b: 10 }, { maxBatch: 2 });
  const first = submit({ deadlineMs: clock.now() + 100 });
  for (let i = 0; i < 20; i++) submit();
  const last = submit({ deadlineMs: clock.now() + 100, caller: "" });
  const other = submit({ deadlineMs: clock.now() + 100, caller: "light" });
  await clock.runOut();
  t.equal(first.value, first.id);
  t.equal(last.value, last.id, "its deadline is before those that have none");
  t.equal(other.value, other.id, "another caller's backlog does not count");
  for (let i = 0; i < 20; i++) submit({ deadlineMs: clock.now() + 2000 });
  const behind = submit({ deadlineMs: clock.now() + 2000 });
  const refused = submit({ deadlineMs: clock.now() + 2001, priority: "bulk" });
  await clock.runOut();
  t.equal(behind.value, behind.id);
  t.equal(refused.value, refused.id);
  for (let i = 0; i < 20; i++) submit({ deadlineMs: clock.now() + 400 });
  const bulk = submit({ deadlineMs: clock.now() + 200, priority: "bulk" });
  await clock.runUntil(clock.now());
  t.match(bulk.error, DeadlineTooCloseError, "all interactive goes before bulk");
  await clock.runOut();
});

t.test("a full queue refuses with the time to come back; who has least makes who has most give way", async (t) => {
  const { clock, submit, batcher } = await warm({ a: 10, b: 10 }, { maxQueued: 4, maxBatch: 1 });
  submit({ caller: "heavy" });
  await clock.runUntil(clock.now() + 1);
  const heavy = [1, 2, 3, 4].map(() => submit({ caller: "heavy" }));
  const fifth = submit({ caller: "heavy" });
  const light = submit({ caller: "light" });
  const bulk = submit({ caller: "heavy", priority: "bulk" });
  await clock.runUntil(clock.now());
  t.match(fifth.error, QueueFullError);
  t.match(fifth.error, { message: /at most 4 waiting, got 4/ });
  t.ok((fifth.error as QueueFullError).retryAfterMs > 19);
  t.match(heavy[3]?.error, QueueFullError, "the last of the heavy one made room");
  await clock.runOut();
  t.equal(light.value, light.id);
  t.equal(bulk.value, bulk.id, "each class has its own room");
  t.same([batcher.counts.refused.queue_full, batcher.counts.dropped.displaced], [1, 1]);
});

t.test("an aborted job is not computed and rejects with the signal's reason, at once, wherever it is", async (t) => {
  const { clock, runs, submit, batcher } = await warm({ a: 10, b: 1 }, { maxBatch: 1 });
  const [before, waiting, running] = [new AbortController(), new AbortController(), new AbortController()];
  before.abort(new Error("never mind"));
  const jobs = [running, waiting, before].map(({ signal }) => submit({ signal }));
  await clock.runUntil(clock.now() + 1);
  waiting.abort(new Error("hung up"));
  running.abort(new Error("gone"));
  await clock.runUntil(clock.now());
  t.same(
    jobs.map(({ error, doneMs }) => [(error as Error).message, doneMs === clock.now()]),
    [
      ["gone", true],
      ["hung up", true],
      ["never mind", false],
    ],
  );
  await clock.runOut();
  t.equal(runs.length, 1);
  t.same([batcher.counts.dropped.aborted, batcher.counts.late.aborted], [2, 1]);
});

t.test(
  "a deadline that passes is told at that moment, in the queue and in compute, and nothing late is computed",
  async (t) => {
    const { clock, submit, batcher, computedLate } = simulate({ a: 100, b: 0 });
    const running = submit({ deadlineMs: 60 });
    await clock.runUntil(1);
    const waiting = submit({ deadlineMs: 70 });
    const passed = submit({ deadlineMs: 0 });
    await clock.runOut();
    t.same([running.doneMs, waiting.doneMs, passed.doneMs], [60, 70, 1]);
    for (const { error } of [running, waiting, passed]) t.type(error, DeadlinePassedError);
    t.same([batcher.counts.late.deadline, batcher.counts.dropped.deadline, computedLate], [1, 2, []]);
  },
);

t.test("an answer that a busy process brings too late is not given", async (t) => {
  const clock = new VirtualClock();
  let skew = 0;
  const batcher = new Batcher<number, number>({
    clock: { now: () => clock.now() + skew, schedule: () => () => {} },
    run: async (_shape, inputs) => {
      skew = 100;
      return inputs;
    },
  });
  const job = batcher.submit({ input: 1, shape: "s", deadlineMs: 50, priority: "interactive", caller: "" });
  await t.rejects(job, DeadlinePassedError);
});

t.test("one bad input fails alone; without isolation its batch fails with it", async (t) => {
  for (const isolateFailures of [true, false]) {
    const { clock, runs, submit, batcher } = simulate({ a: 10, b: 1 }, { isolateFailures });
    const jobs = [submit(), submit({ poison: true }), submit()];
    await clock.runOut();
    t.same(
      jobs.map(({ error }) => (error as Error | undefined)?.message ?? "fine"),
      isolateFailures ? ["fine", "poisoned", "fine"] : Array(3).fill("poisoned"),
    );
    t.same(
      runs.map(({ rows }) => rows),
      isolateFailures ? [3, 1, 1, 1] : [3],
    );
    t.equal(batcher.counts.failed, isolateFailures ? 1 : 3);
  }
});

t.test("a run that gives too few outputs, or throws at once, fails its jobs and nothing else", async (t) => {
  const clock = new VirtualClock();
  const batcher = new Batcher<string, string>({
    clock,
    run: (_shape, [input]) => {
      if (input === "throw") throw new Error("thrown");
      return Promise.resolve(input === "none" ? [] : [input ?? ""]);
    },
    maxBatch: 1,
  });
  const job = { shape: "s", deadlineMs: Number.POSITIVE_INFINITY, priority: "bulk", caller: "" } as const;
  const [thrown, none, good] = ["throw", "none", "good"].map((input) => batcher.submit({ ...job, input }));
  await t.rejects(async () => thrown, { message: "thrown" });
  await t.rejects(async () => none, { message: "expected 1 outputs of a run, got 0" });
  t.equal(await good, "good");
});

t.test("close refuses what is new and finishes what is queued", async (t) => {
  const { clock, submit, batcher } = await warm({ a: 10, b: 1 }, { maxBatch: 2 });
  const queued = [submit(), submit(), submit()];
  let closed = false;
  const closing = batcher.close().then(() => {
    closed = true;
  });
  const refused = submit();
  await clock.runUntil(clock.now());
  t.match(refused.error, BatcherClosedError);
  t.equal(closed, false);
  await clock.runOut();
  await closing;
  t.same(
    queued.map(({ value }) => value),
    queued.map(({ id }) => id),
  );
  await simulate({ a: 1, b: 1 }).batcher.close();
});

t.test("sizes and options out of range are refused", async (t) => {
  const { batcher } = simulate({ a: 1, b: 1 }, { maxBatch: 4 });
  const job = {
    input: { id: 0, deadlineMs: 0, rows: 1 },
    shape: "s",
    deadlineMs: 1,
    priority: "bulk",
    caller: "",
  } as const;
  for (const size of [0, 5, 1.5, Number.NaN]) await t.rejects(batcher.submit({ ...job, size }), /1 to 4 rows/);
  for (const bad of [{ maxBatch: 0 }, { slots: 0 }, { maxQueued: 0 }, { maxDelayMs: -1 }, { maxBulkMs: Number.NaN }]) {
    t.throws(() => simulate({ a: 1, b: 1 }, bad), RangeError);
  }
});

t.test("a watch is told of waits, runs, refusals, drops and depths", async (t) => {
  const told: string[] = [];
  const { clock, submit } = simulate(
    { a: 10, b: 1 },
    {
      maxQueued: 1,
      watch: {
        depth: (priority, waiting) => told.push(`${priority} ${waiting}`),
        waited: (_, ms) => told.push(`waited ${ms}`),
        ran: ({ rows, jobs, ms, ok }) => told.push(`ran ${rows} ${jobs} ${ms} ${ok}`),
        refused: (_, reason) => told.push(reason),
        dropped: (_, reason) => told.push(reason),
        late: (_, reason) => told.push(`late ${reason}`),
      },
    },
  );
  submit({ size: 2, deadlineMs: 5 });
  await clock.runUntil(1);
  submit({ deadlineMs: 3 });
  submit();
  await clock.runOut();
  t.same(told, [
    "interactive 1",
    "waited 0",
    "interactive 0",
    "interactive 1",
    "queue_full",
    "deadline",
    "interactive 0",
    "late deadline",
    "ran 2 1 12 true",
  ]);
});
