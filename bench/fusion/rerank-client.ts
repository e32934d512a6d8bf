import { readFileSync } from "node:fs";
import process from "node:process";
import { FusionService } from "../../gen/flashfit/fusion/v1/fusion_pb.ts";
import { meshClient } from "../../services/kit/client.ts";
import { bytesFromFloats } from "../../services/kit/vector.ts";
import { quantile } from "../encoder/load.ts";
import { xorshift } from "../onnx/random-weights.ts";
import { FIRST_CALLS, type RerankLoad, type RerankLoadSummary } from "./rerank-load.ts";

// A client in a process of its own: callers that wait for their answers, its summary as one line of JSON.

const {
  url,
  tls: files,
  clients: count,
  seconds,
  userId,
  itemIds,
  seed,
} = JSON.parse(process.argv[2] ?? "{}") as RerankLoad;
const tls = { cert: readFileSync(files.cert), key: readFileSync(files.key), ca: readFileSync(files.ca) };
const next = xorshift(seed);
const scores = () =>
  ["clip", "blip", "fashion"].map((model) => ({
    model,
    cosines: bytesFromFloats(Float32Array.from(itemIds, () => next() / 2 ** 32)),
  }));
// Made before the clock starts: what is asked differs, what it costs to ask is not measured.
const requests = Array.from({ length: 64 }, () => ({ itemIds, userId, scores: scores() }));
const clients = Array.from({ length: count }, () => meshClient(FusionService, { baseUrl: url, tls }));
const times: number[] = [];
let asked = 0;
const ask = (client: (typeof clients)[number]) => client.rerank(requests[asked++ % requests.length] ?? {});
let last: Awaited<ReturnType<typeof ask>> | undefined;
await Promise.all(
  clients.map(async (client) => {
    for (let n = 0; n < FIRST_CALLS; n++) last = await ask(client);
  }),
);
const startedAt = performance.now();
const elapsed = () => (performance.now() - startedAt) / 1000;
await Promise.all(
  clients.map(async (client) => {
    while (elapsed() < seconds) {
      const began = performance.now();
      last = await ask(client);
      times.push(performance.now() - began);
    }
  }),
);
const summary: RerankLoadSummary = {
  meanMs: times.reduce((sum, ms) => sum + ms, 0) / times.length,
  ...{ calls: times.length, seconds: elapsed(), p50Ms: quantile(times, 0.5), p99Ms: quantile(times, 0.99) },
  ...{ policy: last?.policy ?? "", degraded: last?.degraded ?? [], items: last?.items.length ?? 0 },
};
console.log(JSON.stringify(summary));
process.exit();
