import process from "node:process";
import { answer, measureOptions } from "../support/measure.ts";
import { runForJson } from "../support/script.ts";
import { type BenchData, benchData, exactRows, K, recallOf } from "./data.ts";
import { rowsFound } from "./peers/clients.ts";
import type { Endpoint } from "./peers/dialects.ts";
import type { Filled, FillTask } from "./peers/fill.ts";
import { startServedIndex } from "./peers/flashfit.ts";
import type { PeerName } from "./peers/places.ts";
import type { RoundsResult, RoundsTask } from "./peers/rounds.ts";
import { type RunningPeer, startPeer } from "./peers/server.ts";
import { setWeaviateEf } from "./peers/weaviate.ts";

// Search as callers get it, beside servers that do the same: FlashFit through Envoy's mesh listener (mutual TLS, Connect, binary),
// the others directly and in the clear. The same vectors in each, in graphs of the same kind; the fewest candidates that find 0.99
// of the true ten; the same client for all, which has its requests ready, in as many processes as there are clients. All servers
// run; they are asked in turns. One call for three indices stands beside three calls.
// BENCH_MEASURE_WITH: words before the command that measures when everything is filled, such as `taskset -c 0-7`.
// FACTORY: our graph, in FAISS's words; default: the one that is built when nobody says.

const TARGET = 0.99;
const LADDER = [16, 24, 32, 40, 48, 64, 80, 96, 128, 160, 200, 256];
const PEERS: PeerName[] = ["weaviate", "pgvector", "redis_stack"];

const { quick, seed } = measureOptions();
const data = await benchData({ quick });
const { dimensions, count, files, queries } = data;
const truth = await exactRows(data);
const ratios: Record<string, number | null> = {};
const figures: Record<string, unknown> = { count, dimensions, seed };
const skipped: string[] = [];
const stops: (() => Promise<unknown>)[] = [];
const sides: RoundsTask["sides"] = [];
try {
  for (const name of PEERS) {
    ratios[`served_over_${name}`] = null;
    ratios[`three_indices_over_${name}`] = null;
    const peer = await startPeer(name);
    if ("reason" in peer) {
      skipped.push(`served_over_${name}: ${peer.reason}`);
      continue;
    }
    stops.push(peer.stop);
    const filled = await fillPeer(peer, data);
    const endpoint: Endpoint = {
      dialect: name === "redis_stack" ? "redis" : name,
      address: { host: "127.0.0.1", port: peer.place.port },
      ...{ k: K, ef: 0, ...(filled.vectorType !== undefined && { vectorType: filled.vectorType }) },
    };
    const tuned = await tune(endpoint, (ef) =>
      name === "weaviate" ? setWeaviateEf(peer.place.httpPort!, ef) : Promise.resolve(),
    );
    figures[name] = { ...filled, ef: tuned.ef, recall: tuned.recall };
    sides.push(sideOf(name, tuned.endpoint, { server: peer.pid }));
  }
  const ours = await startServedIndex(data, process.env.FACTORY);
  stops.push(ours.stop);
  const [first = ""] = ours.indices;
  const endpoint: Endpoint = { dialect: "flashfit", address: ours.address, k: K, ef: 0, indices: [first] };
  const tuned = await tune(endpoint);
  figures.flashfit = { ...ours.figures, ef: tuned.ef, recall: tuned.recall };
  sides.push(sideOf("flashfit", tuned.endpoint, ours.pids));
  sides.push(sideOf("flashfit three", { ...tuned.endpoint, indices: ours.indices }, ours.pids));

  const windows = [8, 1].map((clients) => ({ clients, seconds: (quick ? 1.5 : 4) * (clients === 1 ? 0.5 : 1) }));
  const task: RoundsTask = { rounds: quick ? 2 : 3, windows, sides };
  const before = (process.env.BENCH_MEASURE_WITH ?? "").split(" ").filter(Boolean);
  const found = await runForJson<RoundsResult>(new URL("peers/rounds.ts", import.meta.url), task, before);
  figures.rounds = found;
  const speed = (name: string, clients = 8) => found[name]![clients]!.callsPerSecond;
  for (const { name } of sides) {
    if (name.startsWith("flashfit")) continue;
    if (tuned.recall >= TARGET) ratios[`served_over_${name}`] = speed("flashfit") / speed(name);
    ratios[`three_indices_over_${name}`] = speed("flashfit three") / (speed(name) / 3);
  }
  ratios.one_call_over_three_calls = speed("flashfit three") / (speed("flashfit") / 3);
} finally {
  await Promise.allSettled(stops.map((stop) => stop()));
}
answer({ ratios, figures, skipped });

function sideOf(name: string, endpoint: Endpoint, pids: Record<string, number>): RoundsTask["sides"][number] {
  return { name, endpoint, queries: files.queries, dimensions, count: queries.count, pids };
}

function fillPeer({ name, place }: RunningPeer, { files, dimensions }: BenchData): Promise<Filled> {
  const { port, httpPort } = place;
  const task: FillTask = { name, port, ...(httpPort !== undefined && { httpPort }), base: files.base, dimensions };
  return runForJson(new URL("peers/fill.ts", import.meta.url), task);
}

/** The fewest candidates that find enough; the most where none do. */
async function tune(endpoint: Endpoint, set: (ef: number) => Promise<unknown> = async () => {}) {
  let found = { ef: 0, recall: 0, endpoint };
  for (const ef of LADDER) {
    await set(ef);
    const asked = { ...endpoint, ef };
    const rows = await rowsFound({ endpoint: asked, queries: files.queries, dimensions });
    found = { ef, recall: recallOf(rows, truth), endpoint: asked };
    if (found.recall >= TARGET) break;
  }
  return found;
}
