import { Code, ConnectError } from "@connectrpc/connect";
import pino from "pino";
import t from "tap";
import { inMemoryUpstreams } from "../in-memory-upstreams.ts";
import { keepWatching } from "./watch.ts";

const log = pino({ level: "silent" });

t.test(
  "the stream is opened again after every end, after a short pause at first, until it is told to stop",
  async (t) => {
    const { feedback, replace } = inMemoryUpstreams();
    const happened: string[] = [];
    const stop = new AbortController();
    let opened = 0;
    replace.feedback = {
      async *watchLearning() {
        opened += 1;
        if (opened < 10) throw new ConnectError("away", Code.Unavailable);
        yield { learnedSeq: BigInt(opened) };
        yield { changedUserIds: ["anna"] };
        if (opened === 11) throw new ConnectError("away", Code.Unavailable);
      },
    };
    await keepWatching({
      feedback,
      signal: stop.signal,
      log,
      listener: {
        connected: () => happened.push("connected"),
        told: ({ learnedSeq, changedUserIds }) => happened.push(`told ${learnedSeq} ${changedUserIds.join()}`),
        disconnected: () => happened.push("disconnected"),
      },
      random: () => 1,
      async wait(ms, signal) {
        happened.push(`wait ${ms}`);
        if (opened === 11) stop.abort();
        signal.throwIfAborted();
      },
    });
    const talk = (seq: number) => ["connected", `told ${seq} `, "told 0 anna", "disconnected", "wait 100"];
    t.same(happened, [
      ...[100, 200, 200, 200, 200, 200, 200, 200, 200].map((ms) => `wait ${ms}`),
      ...talk(10),
      ...talk(11),
    ]);
  },
);

t.test("pauses are spread over half of their length", async (t) => {
  const { feedback, replace } = inMemoryUpstreams();
  replace.feedback = {
    // biome-ignore lint/correctness/useYield: it is away before it says anything
    async *watchLearning() {
      throw new ConnectError("away", Code.Unavailable);
    },
  };
  const stop = new AbortController();
  const waits: number[] = [];
  const listener = { connected() {}, told() {}, disconnected() {} };
  const wait = async (ms: number) => {
    waits.push(ms);
    if (waits.length === 2) stop.abort();
  };
  await keepWatching({ feedback, signal: stop.signal, log, listener, wait, random: () => 0 });
  t.same(waits, [50, 100]);
});

t.test("an open stream ends with the signal", async (t) => {
  const { feedback, replace } = inMemoryUpstreams();
  const stop = new AbortController();
  replace.feedback = {
    async *watchLearning(_, { signal }) {
      yield {};
      await new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
    },
  };
  const ends: string[] = [];
  const listener = { connected: () => stop.abort(), told() {}, disconnected: () => ends.push("disconnected") };
  await keepWatching({ feedback, signal: stop.signal, log, listener });
  t.same(ends, ["disconnected"]);
});
