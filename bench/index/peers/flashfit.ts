import { IndexService } from "../../../gen/flashfit/index/v1/index_pb.ts";
import { meshClient } from "../../../services/kit/client.ts";
import { bytesFromFloats } from "../../../services/kit/vector.ts";
import { readIdentity } from "../../../test/support/identity.ts";
import { startMesh } from "../../../test/support/mesh.ts";
import type { BenchData } from "../data.ts";
import type { Address } from "./wire/connection.ts";

const BATCH = 500;
const BUILD_MS = 180_000;
const MODELS = { clip: "clip_fashion", blip: "blip_fashion", fashion: "fashion_specific" };

/** A mesh whose three indices hold the same vectors, under their rows' numbers, by squared Euclidean distance. */
export interface ServedIndex {
  /** Envoy's mesh listener: mutual TLS. */
  address: Address;
  indices: string[];
  /** What answers: "flat", "faiss", … */
  engine: string | undefined;
  /** What answers and why, and how fast it was filled. */
  figures: Record<string, unknown>;
  pids: { index: number; envoy: number };
  stop(): Promise<unknown>;
}

/** @param factory graph to build, in FAISS's words; default: the service's own */
export async function startServedIndex(data: BenchData, factory?: string): Promise<ServedIndex> {
  const indices = Object.values(MODELS);
  const mesh = await startMesh({
    env: {
      INDEX_MODELS: Object.entries(MODELS)
        .map(([model, index]) => `${model}=${index}:l2`)
        .join(),
      INDEX_GRAPH_MIN_ROWS: "5000",
      ...(factory !== undefined && { INDEX_FACTORY: factory }),
    },
  });
  try {
    const tls = mesh.identity("fusion");
    const identity = readIdentity(tls);
    const client = meshClient(IndexService, { baseUrl: mesh.addresses.mesh!, tls: identity, timeoutMs: 120_000 });
    const began = performance.now();
    const changeSeq = await fill(client, data);
    const storedPerSecond = data.count / ((performance.now() - began) / 1000);
    const vector = new Uint8Array(bytesFromFloats(data.rows(0, 1).slice()));
    const search = { queries: [{ index: indices[0]!, vector }], k: 10, explain: true };
    await client.search({ ...search, minSeq: changeSeq });
    await completeGraphs(client);
    const explained = await client.search(search);
    const listed = (await client.listIndexes({})).engine;
    return {
      address: { host: "127.0.0.1", port: mesh.ports.mesh!, tls },
      indices,
      figures: {
        ...(factory && { factory }),
        storedPerSecond,
        plan: explained.results[0]?.plan?.reason,
        engine: listed?.name,
      },
      engine: listed?.name,
      pids: { index: await mesh.pidOf("index"), envoy: await mesh.pidOf("envoy") },
      stop: () => mesh.stop(),
    };
  } catch (error) {
    await mesh.stop();
    throw error;
  }
}

type Client = ReturnType<typeof meshClient<typeof IndexService>>;

/** Every vector into all three indices; @returns the last change. */
async function fill(client: Client, data: BenchData): Promise<bigint> {
  let last = 0n;
  for (let first = 0; first < data.count; first += BATCH) {
    const items = Array.from({ length: Math.min(BATCH, data.count - first) }, (_, at) => {
      const vector = new Uint8Array(bytesFromFloats(data.rows(first + at, 1).slice()));
      const embeddings = Object.keys(MODELS).map((model) => ({ model, revision: "1", vector }));
      return { itemId: String(first + at), embeddings };
    });
    last = (await client.upsert({ items })).changeSeq;
  }
  return last;
}

/**
 * Have all of it in the graphs, as who has loaded does (`flashfit index compact`): by itself an Index would go on building while it is
 * measured. What it is measured beside is whole, too.
 */
async function completeGraphs(client: Client): Promise<void> {
  const { indexes, engine } = await client.listIndexes({});
  if (engine?.name === "flat") return;
  for (const { name, graphVectorCount, vectorCount } of indexes) {
    if (graphVectorCount === vectorCount) continue;
    for await (const _ of client.compact({ index: name }, { timeoutMs: BUILD_MS }));
  }
}
