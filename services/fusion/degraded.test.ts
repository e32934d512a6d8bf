import { Code, ConnectError } from "@connectrpc/connect";
import pino from "pino";
import { Registry } from "prom-client";
import t from "tap";
import { type CallContext, runInCall } from "../kit/context.ts";
import { Degraded } from "./degraded.ts";
import { createStages } from "./stages.ts";

function answer() {
  const metrics = new Registry();
  const degraded = new Degraded({ stages: createStages(metrics), log: pino({ level: "silent" }) });
  const failing = (error: unknown) => degraded.orWithout("index", () => Promise.reject(error), "without");
  return { metrics, degraded, failing };
}

t.test(
  "without a service that is away or broken there is an answer, which says so once, and is counted once",
  async (t) => {
    const { metrics, degraded, failing } = answer();
    t.equal(await degraded.orWithout("index", async () => "whole", "without"), "whole");
    t.same(degraded.parts, []);
    for (const code of [Code.Unavailable, Code.DeadlineExceeded, Code.ResourceExhausted, Code.Internal, Code.Unknown]) {
      t.equal(await failing(new ConnectError("not now", code)), "without");
    }
    degraded.add("feedback");
    t.same(degraded.parts, ["feedback", "index"]);
    const counted = await metrics.metrics();
    t.match(counted, /fusion_degraded_total\{part="index"\} 1\n/);
    t.match(counted, /fusion_degraded_total\{part="feedback"\} 1\n/);
  },
);

t.test("a mistake is no absence: it is thrown, and nothing is said to be missing", async (t) => {
  const { degraded, failing } = answer();
  const mistakes = [
    new TypeError("undefined is not a function"),
    new ConnectError("no such field", Code.InvalidArgument),
    new ConnectError("the caller left", Code.Canceled),
  ];
  for (const mistake of mistakes) await t.rejects(failing(mistake), mistake);
  t.same(degraded.parts, []);
});

t.test("when the caller's own time is over, that is thrown", async (t) => {
  const { degraded, failing } = answer();
  const over = new ConnectError("the deadline of the call has passed", Code.DeadlineExceeded);
  const call = { signal: AbortSignal.abort(over) } as CallContext;
  await t.rejects(
    runInCall(call, () => failing(new ConnectError("index: away", Code.Unavailable))),
    over,
  );
  t.same(degraded.parts, []);
});
