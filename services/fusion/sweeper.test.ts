import pino from "pino";
import t from "tap";
import { keepSweeping } from "./sweeper.ts";

const log = pino({ level: "silent" });

t.test("it sweeps at once and after every wait, failures or not, until it is told to stop", async (t) => {
  const stop = new AbortController();
  const happened: string[] = [];
  await keepSweeping(
    async () => {
      happened.push("sweep");
      if (happened.length === 3) throw new Error("index is away");
      return 0;
    },
    {
      signal: stop.signal,
      log,
      everyMs: 7,
      async wait(ms, signal) {
        happened.push(`wait ${ms}`);
        if (happened.length === 6) stop.abort();
        signal.throwIfAborted();
      },
    },
  );
  t.same(happened, ["sweep", "wait 7", "sweep", "wait 7", "sweep", "wait 7"]);
});

t.test("the real clock is stopped by the signal", async () => {
  const stop = new AbortController();
  const sweep = async () => {
    stop.abort();
    return 0;
  };
  await keepSweeping(sweep, { signal: stop.signal, log, everyMs: 60_000 });
});
