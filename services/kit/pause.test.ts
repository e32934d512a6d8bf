import t from "tap";
import { pause } from "./pause.ts";

const LONG_MS = 2 ** 31 - 1;

t.test("ends with its time, with the signal, and does not begin where that is aborted", async (t) => {
  const stop = new AbortController();
  await pause(1, stop.signal);
  const pausing = pause(LONG_MS, stop.signal);
  stop.abort();
  await pausing;
  await pause(LONG_MS, stop.signal);
  t.pass("neither was waited for");
});
