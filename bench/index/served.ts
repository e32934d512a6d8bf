import { readFileSync } from "node:fs";
import { join } from "node:path";
import { IndexService } from "../../gen/flashfit/index/v1/index_pb.ts";
import { meshClient } from "../../services/kit/client.ts";
import { bytesFromFloats } from "../../services/kit/vector.ts";
import { startMesh } from "../../test/support/mesh.ts";
import { type BenchData, benchData, exactRows, K, recallOf } from "./data.ts";
import { measuredLoad, type SearchLoadSummary } from "./load.ts";
import { answer, measureOptions } from "./measure.ts";

// Search as callers get it: through Envoy's mesh listener (mutual TLS, Connect, binary), with the processor time of the Index's
// process; and one call for three indices beside three calls.

const BATCH = 500;
const BUILD_MS = 180_000;

const { quick, seed } = measureOptions();
const seconds = quick ? 3 : 8;
const data = await benchData({ quick });
const { dimensions, count, files, queries } = data;
const truth = await exactRows(data);
const mesh = await startMesh({
  env: {
    INDEX_MODELS: "clip=clip_fashion:l2,blip=blip_fashion:l2,fashion=fashion_specific:l2",
    INDEX_GRAPH_MIN_ROWS: "5000",
  },
});
const ratios: Record<string, number> = {};
const figures: Record<string, unknown> = { count, dimensions, seed };
try {
  const file = (name: string) => join(mesh.home, "certs", name);
  const tls = { cert: file("fusion.crt"), key: file("fusion.key"), ca: mesh.caFile };
  const identity = { cert: readFileSync(tls.cert), key: readFileSync(tls.key), ca: readFileSync(tls.ca) };
  const url = mesh.addresses.mesh!;
  const client = meshClient(IndexService, { baseUrl: url, tls: identity, timeoutMs: 60_000 });
  const pid = (await mesh.status()).processes.find(({ name }) => name === "index")?.pid;
  if (pid === undefined) throw new Error("expected a process named index");

  const began = performance.now();
  const changeSeq = await fill(client, data);
  figures.loadedPerSecond = count / ((performance.now() - began) / 1000);
  await client.search({ ...queryOf(0), k: 1, minSeq: changeSeq }, { timeoutMs: 120_000 });
  await graphBuilt(client);
  const explained = await client.search({ ...queryOf(0), k: K, explain: true });
  figures.plan = explained.results[0]?.plan?.reason;
  figures.engine = (await client.listIndexes({})).indexes[0]?.engine;

  const base = { url, tls, seconds, queries: files.queries, dimensions, k: K };
  for (const clients of [1, 8]) {
    const { summary, cpuMicros } = await measuredLoad({ ...base, clients, indices: ["clip_fashion"] }, pid);
    figures[`${clients} clients`] = { ...figureOf(summary), cpuMicros, recall: recallOfFound(summary) };
  }
  const indices = ["clip_fashion", "blip_fashion", "fashion_specific"];
  const together = await measuredLoad({ ...base, clients: 1, indices }, pid);
  const apart: { p50Ms: number; cpuMicros: number }[] = [];
  for (const index of indices) {
    const { summary, cpuMicros } = await measuredLoad(
      { ...base, seconds: seconds / 3, clients: 1, indices: [index] },
      pid,
    );
    apart.push({ p50Ms: summary.p50Ms, cpuMicros });
  }
  const sum = (pick: (one: { p50Ms: number; cpuMicros: number }) => number) =>
    apart.reduce((total, one) => total + pick(one), 0);
  figures["three indices in one call"] = { ...figureOf(together.summary), cpuMicros: together.cpuMicros };
  figures["three indices in three calls"] = { p50Ms: sum((one) => one.p50Ms), cpuMicros: sum((one) => one.cpuMicros) };
  ratios.one_call_over_three_calls = sum((one) => one.p50Ms) / together.summary.p50Ms;
} finally {
  await mesh.stop();
}
answer({ ratios, figures });

function figureOf({ calls, seconds, p50Ms, p99Ms }: SearchLoadSummary) {
  return { callsPerSecond: calls / seconds, p50Ms, p99Ms };
}

function recallOfFound({ found }: SearchLoadSummary): number {
  const asked = Object.keys(found).map(Number);
  const labels = asked.flatMap((at) => found[at]!.map((itemId) => Number(itemId.slice("item-".length))));
  const expected = asked.flatMap((at) => [...truth.subarray(at * K, (at + 1) * K)]);
  return recallOf(labels, Int32Array.from(expected));
}

function queryOf(at: number) {
  const vector = queries.values.slice(at * dimensions, (at + 1) * dimensions);
  return { queries: [{ index: "clip_fashion", vector: new Uint8Array(bytesFromFloats(vector)) }] };
}

function itemOf(row: number, models: string[]) {
  const vector = new Uint8Array(bytesFromFloats(data.rows(row, 1).slice()));
  return { itemId: `item-${row}`, embeddings: models.map((model) => ({ model, revision: "1", vector })) };
}

/** Every vector into all three indices; @returns the last change. */
async function fill(client: ReturnType<typeof meshClient<typeof IndexService>>, { count }: BenchData): Promise<bigint> {
  let last = 0n;
  for (let first = 0; first < count; first += BATCH) {
    const rows = Array.from({ length: Math.min(BATCH, count - first) }, (_, at) => first + at);
    last = (await client.upsert({ items: rows.map((row) => itemOf(row, ["clip", "blip", "fashion"])) })).changeSeq;
  }
  return last;
}

/** Graphs are built beside serving: wait until they hold nearly everything and nothing is under way. */
async function graphBuilt(client: ReturnType<typeof meshClient<typeof IndexService>>): Promise<void> {
  for (const began = performance.now(); ; ) {
    const { indexes, engine } = await client.listIndexes({});
    if (engine?.name === "flat") return;
    const ready = indexes.every(
      ({ rebuild, graphVectorCount, vectorCount }) =>
        rebuild?.phase === "idle" && Number(graphVectorCount) >= 0.9 * Number(vectorCount),
    );
    if (ready) return;
    if (performance.now() - began > BUILD_MS) {
      const states = indexes.map(
        ({ rebuild, graphVectorCount }) => `${graphVectorCount} in the graph, ${rebuild?.phase}`,
      );
      throw new Error(`expected graphs of ${count} vectors within ${BUILD_MS} ms, got ${states.join("; ")}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}
