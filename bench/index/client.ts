import { readFileSync } from "node:fs";
import process from "node:process";
import { IndexService } from "../../gen/flashfit/index/v1/index_pb.ts";
import { meshClient } from "../../services/kit/client.ts";
import { quantile } from "../encoder/load.ts";
import type { SearchLoad, SearchLoadSummary } from "./load.ts";

// A client in a process of its own: callers that wait for their answers, its summary as one line of JSON.

const load = JSON.parse(process.argv[2] ?? "{}") as SearchLoad;
const file = readFileSync(load.queries);
const size = load.dimensions * 4;
const vectors = Array.from({ length: file.length / size }, (_, at) =>
  Uint8Array.from(file.subarray(at * size, (at + 1) * size)),
);
const tls = load.tls && {
  cert: readFileSync(load.tls.cert),
  key: readFileSync(load.tls.key),
  ca: readFileSync(load.tls.ca),
};
const times: number[] = [];
const found: Record<number, string[]> = {};
let next = 0;
const clients = Array.from({ length: load.clients }, () => meshClient(IndexService, { baseUrl: load.url, tls }));
const ask = async (client: (typeof clients)[number], at: number) => {
  const vector = vectors[at % vectors.length]!;
  const { results } = await client.search({ queries: load.indices.map((index) => ({ index, vector })), k: load.k });
  if (at < vectors.length) found[at] = results[0]!.neighbours.map(({ itemId }) => itemId);
};
// Connections are made and code is compiled before the clock starts.
await Promise.all(clients.map((client) => ask(client, 0)));
const startedAt = performance.now();
const elapsed = () => (performance.now() - startedAt) / 1000;
await Promise.all(
  clients.map(async (client) => {
    while (elapsed() < load.seconds) {
      const began = performance.now();
      await ask(client, next++);
      times.push(performance.now() - began);
    }
  }),
);
const summary: SearchLoadSummary = {
  ...{ calls: times.length, seconds: elapsed(), found },
  p50Ms: quantile(times, 0.5),
  p99Ms: quantile(times, 0.99),
};
console.log(JSON.stringify(summary));
process.exit();
