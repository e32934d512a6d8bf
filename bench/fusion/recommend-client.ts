import { readFileSync } from "node:fs";
import process from "node:process";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { FusionService } from "../../gen/flashfit/fusion/v1/fusion_pb.ts";
import { EagerSessionManager } from "../../services/kit/session-manager.ts";
import { xorshift } from "../onnx/random-weights.ts";
import { arrivalsOf, askWhenDue, type CallTimes, keepAsking, type OpenLoad } from "../support/load.ts";
import { unseen } from "../support/photos.ts";
import { argumentOf } from "../support/script.ts";

// A client of the edge in a process of its own, its summary as one line of JSON. A call of an open load counts from the time
// at which it was due: what waits for those before it has waited.

/** What the client is told, as JSON in its only argument. */
export interface RecommendLoad {
  /** Envoy's edge. */
  url: string;
  /** PEM file of the certificate that it shows. */
  caFile: string;
  kind: "item" | "photo";
  userId: string;
  /** Garments that are asked with. */
  itemIds: string[];
  /** JPEG files that are asked with, each time with another comment: no cache knows them. */
  photos: string[];
  /** Callers that wait for their answers, or calls that wait for nobody. */
  load: { callers: number } | OpenLoad;
  /** Calls before the clock starts. */
  firstCalls: number;
  seconds: number;
  seed: number;
}

export interface RecommendLoadSummary extends CallTimes {
  /** Answered ones a second. */
  callsPerSecond: number;
  /** Calls that were refused, by the name of their code. */
  refused: Record<string, number>;
  /** Answers that had to leave something out. */
  degraded: number;
}

/** Of an answer that nobody has read yet. */
const MAX_ANSWER_BYTES = 1024 * 1024;

const job = argumentOf<RecommendLoad>();
const sessionManager = new EagerSessionManager(job.url, MAX_ANSWER_BYTES, undefined, { ca: readFileSync(job.caFile) });
const transport = createConnectTransport({
  ...{ baseUrl: job.url, httpVersion: "2", sessionManager, useBinaryFormat: true, acceptCompression: [] },
});
const client = createClient(FusionService, transport);
const next = xorshift(job.seed);
const photos = job.photos.map((file) => readFileSync(file));
let [asked, degraded] = [0, 0];
let refused: Record<string, number> = {};

/** False: it was refused. */
async function ask(): Promise<boolean> {
  const n = asked++;
  const value = job.itemIds[n % job.itemIds.length] ?? "";
  const photo = photos[n % photos.length] ?? new Uint8Array();
  const query =
    job.kind === "item"
      ? ({ case: "itemId", value } as const)
      : ({ case: "photo", value: unseen(photo, `${process.pid} ${n}`) } as const);
  try {
    const answer = await client.recommend({ query, userId: job.userId }, { timeoutMs: 20_000 });
    if (answer.degraded.length > 0) degraded++;
    return true;
  } catch (error) {
    const code = Code[ConnectError.from(error).code];
    refused[code] = (refused[code] ?? 0) + 1;
    return false;
  }
}

// The connection is made and code is compiled before the clock starts.
for (let n = 0; n < job.firstCalls; n++) await ask();
degraded = 0;
refused = {};
const { load, seconds } = job;
const times =
  "callers" in load
    ? await keepAsking(Array<typeof ask>(load.callers).fill(ask), seconds)
    : await askWhenDue(ask, arrivalsOf(load, seconds, next));
const summary: RecommendLoadSummary = { ...times, callsPerSecond: times.calls / times.seconds, refused, degraded };
console.log(JSON.stringify(summary));
process.exit();
