import process from "node:process";
import t from "tap";
import { Waker } from "./waker.ts";

const LONG_MS = 2 ** 31 - 1;
const timers = () => process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;

t.test("a rest ends when it is woken, and leaves no timer behind", async (t) => {
  const waker = new Waker();
  const before = timers();
  const resting = waker.rest(LONG_MS);
  t.equal(timers(), before + 1);
  waker.wake();
  await resting;
  t.equal(timers(), before);
  const endless = waker.rest();
  t.equal(timers(), before, "without a limit there is no clock");
  waker.wake();
  await endless;
});

t.test("it ends with its time and with the signal", async (t) => {
  const waker = new Waker();
  await waker.rest(1);
  const stop = new AbortController();
  const before = timers();
  const resting = waker.rest(LONG_MS, stop.signal);
  stop.abort();
  await resting;
  await waker.rest(LONG_MS, stop.signal);
  t.equal(timers(), before);
});

t.test("what is told before the rest ends it at once, unless it was forgotten; it counts once", async (t) => {
  const waker = new Waker();
  waker.wake();
  await waker.rest(LONG_MS);
  waker.wake();
  waker.forget();
  let ended = false;
  const resting = waker.rest(LONG_MS).then(() => {
    ended = true;
  });
  await new Promise(setImmediate);
  t.notOk(ended);
  waker.wake();
  await resting;
  t.ok(ended);
});
