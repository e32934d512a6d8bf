import pino from "pino";
import t from "tap";
import { keepSweeping } from "./sweeper.ts";

t.test("a sweep that fails is logged, and the next one comes", async (t) => {
  const stop = new AbortController();
  const lines: string[] = [];
  const log = pino({}, { write: (line) => lines.push(line) });
  let sweeps = 0;
  const sweep = async () => {
    if (++sweeps === 1) throw new Error("index is away");
    stop.abort();
    return 0;
  };
  await keepSweeping(sweep, { signal: stop.signal, log, everyMs: 1 });
  t.equal(sweeps, 2);
  t.equal(lines.length, 1);
  t.match(JSON.parse(lines[0]!), { event: "sweep_failed", err: { message: "index is away" } });
});
