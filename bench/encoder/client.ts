import { readFileSync } from "node:fs";
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import { create, toBinary } from "@bufbuild/protobuf";
import * as grpc from "@grpc/grpc-js";
import { EncodeRequestSchema } from "../../gen/flashfit/encoder/v1/encoder_pb.ts";
import { xorshift } from "../onnx/random-weights.ts";
import { arrivals, type Outcome, summarise } from "./load.ts";
import { readPhotos, unseen } from "./photos.ts";

// A client in a process of its own: one load on the Encoder through the edge by gRPC, its summary as one line of JSON.

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
  /** Callers that wait for their answers, or calls a second that wait for nobody. */
  load: { concurrency: number } | { perSecond: number };
}

const METHOD = "/flashfit.encoder.v1.EncoderService/Encode";
const job = JSON.parse(process.argv[2] ?? "{}") as LoadJob;
const photos = (await readPhotos(64, job.seed)) ?? [];
const next = xorshift(job.seed);
const channel = new grpc.Client(new URL(job.edgeUrl).host, grpc.credentials.createSsl(readFileSync(job.caFile)), {
  "grpc.max_send_message_length": -1,
  "grpc.ssl_target_name_override": "localhost",
});

let sent = 0;
function request(): Buffer {
  const photo = photos[sent % photos.length];
  if (!photo) throw new Error("expected photographs");
  const value = unseen(photo, `${job.name} ${sent++}`);
  const message = create(EncodeRequestSchema, { input: { case: "photo", value }, models: job.models });
  return Buffer.from(toBinary(EncodeRequestSchema, message));
}

function call(): Promise<Outcome> {
  const body = request();
  const started = performance.now();
  const options = { deadline: Date.now() + job.timeoutMs };
  return new Promise((resolve) => {
    channel.makeUnaryRequest(METHOD, same, same, body, new grpc.Metadata(), options, (error) => {
      const ms = performance.now() - started;
      resolve({ kind: kindOf(error), ms, lateMs: Math.max(0, ms - job.timeoutMs) });
    });
  });
}

function kindOf(error: grpc.ServiceError | null): Outcome["kind"] {
  if (!error) return "ok";
  if (error.code === grpc.status.RESOURCE_EXHAUSTED || error.code === grpc.status.UNAVAILABLE) return "refused";
  return error.code === grpc.status.DEADLINE_EXCEEDED ? "deadline" : "failed";
}

function same(bytes: Buffer): Buffer {
  return bytes;
}

const outcomes: Outcome[] = [];
await call(); // the connection is made before the clock starts
const started = performance.now();
const elapsed = () => performance.now() - started;
if ("concurrency" in job.load) {
  const caller = async () => {
    while (elapsed() < job.seconds * 1000) outcomes.push(await call());
  };
  await Promise.all(Array.from({ length: job.load.concurrency }, caller));
} else {
  const pending: Promise<unknown>[] = [];
  for (const at of arrivals(job.load.perSecond, job.seconds, () => next() / 2 ** 32)) {
    await sleep(Math.max(0, at - elapsed()));
    pending.push(call().then((outcome) => outcomes.push(outcome)));
  }
  await Promise.all(pending);
}
console.log(JSON.stringify(summarise(outcomes, elapsed() / 1000)));
channel.close();
