import { readFileSync } from "node:fs";
import process from "node:process";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { FusionService } from "../../gen/flashfit/fusion/v1/fusion_pb.ts";
import { poissonArrivals, quantile } from "../encoder/load.ts";
import { unseen } from "../encoder/photos.ts";
import { xorshift } from "../onnx/random-weights.ts";
import type { RecommendLoad, RecommendLoadSummary } from "./recommend-load.ts";

// A client of the edge in a process of its own, its summary as one line of JSON. A call of an open load counts from the time
// at which it was due: what waits for those before it has waited.

const load = JSON.parse(process.argv[2] ?? "{}") as RecommendLoad;
const transport = createConnectTransport({
  baseUrl: load.url,
  httpVersion: "2",
  useBinaryFormat: true,
  acceptCompression: [],
  nodeOptions: { ca: readFileSync(load.caFile) },
});
const client = createClient(FusionService, transport);
const next = xorshift(load.seed);
const photos = load.photos.map((file) => readFileSync(file));
const times: number[] = [];
let [asked, degraded] = [0, 0];
let refused: Record<string, number> = {};

async function ask(startedAt: number): Promise<void> {
  const n = asked++;
  const value = load.itemIds[n % load.itemIds.length] ?? "";
  const photo = photos[n % photos.length] ?? new Uint8Array();
  const query =
    load.kind === "item"
      ? ({ case: "itemId", value } as const)
      : ({ case: "photo", value: unseen(photo, `${process.pid} ${n}`) } as const);
  try {
    const answer = await client.recommend({ query, userId: load.userId }, { timeoutMs: 20_000 });
    if (answer.degraded.length > 0) degraded++;
    times.push(performance.now() - startedAt);
  } catch (error) {
    const code = Code[ConnectError.from(error).code];
    refused[code] = (refused[code] ?? 0) + 1;
  }
}

// The connection is made and code is compiled before the clock starts.
for (let n = 0; n < 20; n++) await ask(performance.now());
times.length = 0;
degraded = 0;
refused = {};
const began = performance.now();
const elapsedMs = () => performance.now() - began;
if (load.perSecond === undefined) {
  const caller = async () => {
    while (elapsedMs() < load.seconds * 1000) await ask(performance.now());
  };
  await Promise.all(Array.from({ length: load.callers ?? 1 }, caller));
} else {
  const due = poissonArrivals(load.perSecond, load.seconds, () => (next() + 1) / (2 ** 32 + 1));
  await Promise.all(
    due.map(async (at) => {
      await new Promise((resolve) => setTimeout(resolve, at));
      await ask(began + at);
    }),
  );
}
const summary: RecommendLoadSummary = {
  ...{ calls: times.length, refused, degraded },
  callsPerSecond: times.length / (elapsedMs() / 1000),
  meanMs: times.reduce((sum, ms) => sum + ms, 0) / times.length,
  ...{ p50Ms: quantile(times, 0.5), p95Ms: quantile(times, 0.95), p99Ms: quantile(times, 0.99) },
};
console.log(JSON.stringify(summary));
process.exit();
