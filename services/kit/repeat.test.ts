import t from "tap";
import { repeat } from "./repeat.ts";

const failure = { event: "work_failed", message: "tried again later" };

/** A repetition of which every run and pause is written down; `run` says which runs fail, the last one is number `runs`. */
async function written(run: (n: number) => void, runs: number) {
  const stop = new AbortController();
  const happened: string[] = [];
  let n = 0;
  const work = async () => {
    happened.push(`run ${++n}`);
    if (n === runs) stop.abort();
    run(n);
  };
  await repeat(work, {
    everyMs: 7,
    signal: stop.signal,
    log: { warn: (fields: { event: string; err: Error }) => happened.push(`${fields.event}: ${fields.err.message}`) },
    failure,
    pause: async (ms) => void happened.push(`pause ${ms}`),
  });
  return happened;
}

t.test("work is done at once and after every pause, until the signal is aborted", async (t) => {
  t.same(await written(() => {}, 3), ["run 1", "pause 7", "run 2", "pause 7", "run 3", "pause 7"]);
});

t.test("a run that fails is followed by the next; of failures in a row the first is logged", async (t) => {
  const fails = (n: number) => {
    if (n !== 3) throw new Error(`in run ${n}`);
  };
  t.same(
    (await written(fails, 5)).filter((line) => !line.startsWith("pause")),
    ["run 1", "work_failed: in run 1", "run 2", "run 3", "run 4", "work_failed: in run 4", "run 5"],
  );
});

t.test("work that the end itself makes fail is not logged, and none begins after it", async (t) => {
  const fails = () => {
    throw new Error("cancelled");
  };
  t.same(await written(fails, 1), ["run 1", "pause 7"]);
  const log = { warn: () => t.fail("nothing has failed") };
  const never = () => void t.fail("nothing is done");
  await repeat(never, { everyMs: 1, signal: AbortSignal.abort(), log, failure });
});

t.test("the real clock is stopped by the signal", async (t) => {
  const stop = new AbortController();
  const log = { warn: () => t.fail("nothing has failed") };
  await repeat(() => stop.abort(), { everyMs: 2 ** 31 - 1, signal: stop.signal, log, failure });
  t.ok(stop.signal.aborted);
});
