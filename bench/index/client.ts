import { readFileSync } from "node:fs";
import process from "node:process";
import { IndexService } from "../../gen/flashfit/index/v1/index_pb.ts";
import { meshClient } from "../../services/kit/client.ts";
import { keepAsking } from "../support/load.ts";
import { argumentOf } from "../support/script.ts";

// Searches of callers that wait for their answers, each with a connection of its own; their times as one line of JSON.

/** What the client is told, as JSON in its only argument. */
export interface SearchLoad {
  url: string;
  clients: number;
  seconds: number;
  /** File of float32 values. */
  queries: string;
  dimensions: number;
  k: number;
  index: string;
}

const load = argumentOf<SearchLoad>();
const file = readFileSync(load.queries);
const size = load.dimensions * 4;
const vectors = Array.from({ length: file.length / size }, (_, at) =>
  Uint8Array.from(file.subarray(at * size, (at + 1) * size)),
);
let next = 0;
const callers = Array.from({ length: load.clients }, () => {
  const client = meshClient(IndexService, { baseUrl: load.url });
  return () => {
    const vector = vectors[next++ % vectors.length]!;
    return client.search({ queries: [{ index: load.index, vector }], k: load.k });
  };
});
// Connections are made and code is compiled before the clock starts.
await Promise.all(callers.map((ask) => ask()));
console.log(JSON.stringify(await keepAsking(callers, load.seconds)));
process.exit();
