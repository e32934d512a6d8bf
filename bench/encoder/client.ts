import { readFileSync } from "node:fs";
import http2 from "node:http2";
import { setTimeout as sleep } from "node:timers/promises";
import type { Priority } from "../../gen/flashfit/encoder/v1/encoder_pb.ts";
import { xorshift } from "../onnx/random-weights.ts";
import { KernelScanner } from "../support/kernel-scanner.ts";
import { arrivalsOf, type OpenLoad } from "../support/load.ts";
import { argumentOf } from "../support/script.ts";
import { serialisedBodies } from "./bodies.ts";
import { type Outcome, summarise } from "./load.ts";

// A client in a process of its own: one load on the Encoder through the edge, its summary as one line of JSON. It speaks
// Connect (binary) over one HTTP/2 connection, as the services do, by nothing but node:http2, and its requests are serialised
// before the clock starts, so that it costs little itself: here it has the same processor as Envoy. Of a load that waits for
// nobody a call begins when it is due, however late this process comes to send it, and its deadline counts from then.

/** What the client is told, as JSON in its only argument. */
export interface LoadJob {
  edgeUrl: string;
  caFile: string;
  /** Makes its photographs differ from those of every other load. */
  name: string;
  seconds: number;
  seed: number;
  /** Each call's deadline, milliseconds. */
  timeoutMs: number;
  /** Which are asked; none: all. */
  models: string[];
  priority?: Priority;
  /** Send pixels of this many a side, decoded before the clock starts; undefined: JPEG files as they are. */
  side?: number | undefined;
  /** Callers that wait for their answers, or calls that wait for nobody. */
  load: { concurrency: number } | OpenLoad;
}

/** Calls before the load: the connection is made, and this program is compiled. */
const WARM_UP = 20;
/** The load runs this long before anything counts: queues fill, what is learned of the load is learned, code is compiled. */
const RAMP_SECONDS = 2;
const PATH = "/flashfit.encoder.v1.EncoderService/Encode";
const job = argumentOf<LoadJob>();
const bodies = await serialisedBodies(job);
const next = xorshift(job.seed);
// With its 10 MB by default node:http2 resets calls whose answers come while hundreds of photographs wait to be sent, and Envoy
// closes the connection of a caller that reset a thousand.
const maxSessionMemory = 512;
const session = http2.connect(job.edgeUrl, { ca: readFileSync(job.caFile), servername: "localhost", maxSessionMemory });

/** How a call ended; what else went on is known later. */
type Answered = Omit<Outcome, "disturbed">;

/** A call that is due at `due`, on the clock of `performance`. */
function call(due: number): Promise<Answered> {
  const body = bodies.take();
  const leftMs = Math.max(1, Math.ceil(due + job.timeoutMs - performance.now()));
  return new Promise((resolve) => {
    const stream = session.request({
      ":method": "POST",
      ":path": PATH,
      "content-type": "application/proto",
      "content-length": body.bytes.length,
      "connect-protocol-version": "1",
      "connect-timeout-ms": String(leftMs),
    });
    let status = 0;
    let refusal = "";
    const end = (kind: Outcome["kind"]) => {
      const ms = performance.now() - due;
      resolve({ kind, ms, lateMs: Math.max(0, ms - job.timeoutMs) });
    };
    stream.once("response", (headers) => {
      status = headers[":status"] ?? 0;
    });
    stream.on("data", (chunk: Buffer) => {
      if (status !== 200) refusal += chunk.toString();
    });
    stream.once("end", () => end(status === 200 ? "ok" : kindOf(refusal)));
    stream.once("error", () => end("failed"));
    stream.once("close", () => bodies.giveBack(body));
    stream.end(body.bytes);
  });
}

/** By the code in Connect's JSON of an error. */
function kindOf(refusal: string): Outcome["kind"] {
  const code = /"code":"(\w+)"/.exec(refusal)?.[1];
  if (code === "resource_exhausted" || code === "unavailable") return "refused";
  return code === "deadline_exceeded" ? "deadline" : "failed";
}

/** An outcome, and when it began and ended, milliseconds since the load began. */
type Timed = Answered & { beganMs: number; endedMs: number };

const rampMs = RAMP_SECONDS * 1000;
const endMs = rampMs + job.seconds * 1000;
const outcomes: Timed[] = [];
for (let i = 0; i < WARM_UP; i++) await call(performance.now());
const scanner = new KernelScanner();
scanner.start();
const started = performance.now();
const elapsed = () => performance.now() - started;
async function timed(beganMs = elapsed()): Promise<void> {
  const outcome = await call(started + beganMs);
  outcomes.push({ ...outcome, beganMs, endedMs: elapsed() });
}
if ("concurrency" in job.load) {
  const caller = async () => {
    while (elapsed() < endMs) await timed();
  };
  await Promise.all(Array.from({ length: job.load.concurrency }, caller));
} else {
  const pending: Promise<unknown>[] = [];
  // Those that begin in the window are answered beside as many others as they began beside.
  const seconds = (endMs + Math.min(job.timeoutMs, rampMs)) / 1000;
  for (const at of arrivalsOf(job.load, seconds, next)) {
    const early = at - elapsed();
    if (early > 0) await sleep(early);
    pending.push(timed(at));
  }
  await Promise.all(pending);
}
// Callers that wait end where others begin: what ended in the window counts. Of an open load, what began in it.
const counted = outcomes.filter(({ beganMs, endedMs }) => {
  const at = "concurrency" in job.load ? endedMs : beganMs;
  return at >= rampMs && at < endMs;
});
scanner.stop();
const told = counted.map((one) => ({
  ...one,
  disturbed: scanner.during(started + one.beganMs, started + one.endedMs),
}));
console.log(JSON.stringify(summarise(told, job.seconds)));
session.close();
