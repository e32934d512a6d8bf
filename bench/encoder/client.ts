import { readFileSync } from "node:fs";
import http2 from "node:http2";
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import { create, toBinary } from "@bufbuild/protobuf";
import { EncodeRequestSchema, type Priority } from "../../gen/flashfit/encoder/v1/encoder_pb.ts";
import { xorshift } from "../onnx/random-weights.ts";
import { evenArrivals, type Outcome, poissonArrivals, summarise } from "./load.ts";
import { readPhotos, readPixels, unseen, unseenPixels } from "./photos.ts";

// A client in a process of its own: one load on the Encoder through the edge, its summary as one line of JSON. It speaks
// Connect (binary) over one HTTP/2 connection, as the services do, by nothing but node:http2, so that it costs little itself.

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
  /** Callers that wait for their answers, or calls a second that wait for nobody, evenly or as chance has it (Poisson). */
  load: { concurrency: number } | { perSecond: number; arrivals: "even" | "poisson" };
}

/** Calls before the clock starts: the connection is made, and this program is compiled. */
const WARM_UP = 20;
const PATH = "/flashfit.encoder.v1.EncoderService/Encode";
const job = JSON.parse(process.argv[2] ?? "{}") as LoadJob;
const photos = (await (job.side ? readPixels(64, job.seed, job.side) : readPhotos(64, job.seed))) ?? [];
const next = xorshift(job.seed);
const session = http2.connect(job.edgeUrl, { ca: readFileSync(job.caFile), servername: "localhost" });

let sent = 0;
function request(): Uint8Array {
  const photo = photos[sent % photos.length];
  if (!photo) throw new Error("expected photographs");
  const mark = `${job.name} ${sent++}`;
  const { side, models, priority = 0 } = job;
  const input = side
    ? { case: "pixels" as const, value: { width: side, height: side, rgb: unseenPixels(photo, mark) } }
    : { case: "photo" as const, value: unseen(photo, mark) };
  return toBinary(EncodeRequestSchema, create(EncodeRequestSchema, { input, models, priority }));
}

function call(): Promise<Outcome> {
  const body = request();
  const started = performance.now();
  return new Promise((resolve) => {
    const stream = session.request({
      ":method": "POST",
      ":path": PATH,
      "content-type": "application/proto",
      "connect-protocol-version": "1",
      "connect-timeout-ms": String(job.timeoutMs),
    });
    let status = 0;
    let refusal = "";
    const end = (kind: Outcome["kind"]) => {
      const ms = performance.now() - started;
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
    stream.end(body);
  });
}

/** By the code in Connect's JSON of an error. */
function kindOf(refusal: string): Outcome["kind"] {
  const code = /"code":"(\w+)"/.exec(refusal)?.[1];
  if (code === "resource_exhausted" || code === "unavailable") return "refused";
  return code === "deadline_exceeded" ? "deadline" : "failed";
}

const outcomes: Outcome[] = [];
for (let i = 0; i < WARM_UP; i++) await call();
const started = performance.now();
const elapsed = () => performance.now() - started;
if ("concurrency" in job.load) {
  const caller = async () => {
    while (elapsed() < job.seconds * 1000) outcomes.push(await call());
  };
  await Promise.all(Array.from({ length: job.load.concurrency }, caller));
} else {
  const pending: Promise<unknown>[] = [];
  const { perSecond } = job.load;
  const times =
    job.load.arrivals === "even"
      ? evenArrivals(perSecond, job.seconds)
      : poissonArrivals(perSecond, job.seconds, () => next() / 2 ** 32);
  for (const at of times) {
    await sleep(Math.max(0, at - elapsed()));
    pending.push(call().then((outcome) => outcomes.push(outcome)));
  }
  await Promise.all(pending);
}
console.log(JSON.stringify(summarise(outcomes, elapsed() / 1000)));
session.close();
