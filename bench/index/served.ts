import process from "node:process";
import { codedFactory } from "../../services/index/tune/candidates.ts";
import { answer, measureOptions } from "../support/measure.ts";
import { runForJson } from "../support/script.ts";
import { type BenchData, benchData, exactRows, K, recallOf } from "./data.ts";
import { rowsFound } from "./peers/clients.ts";
import type { Endpoint } from "./peers/dialects.ts";
import type { Filled, FillTask } from "./peers/fill.ts";
import { type ServedIndex, startServedIndex } from "./peers/flashfit.ts";
import { startLimit } from "./peers/limit.ts";
import type { PeerName } from "./peers/places.ts";
import type { RoundsResult, RoundsTask } from "./peers/rounds.ts";
import { type RunningPeer, startPeer } from "./peers/server.ts";
import { setWeaviateEf } from "./peers/weaviate.ts";
import { mayYield, ownSession } from "./peers/yielding.ts";

// Search as callers get it, beside servers that do the same: FlashFit through Envoy's mesh listener (mutual TLS, Connect, binary),
// the others directly and in the clear. The same vectors in each; the fewest candidates that find 0.99 of the true ten; the same
// client for all, which has its requests ready, in as many processes as there are clients. All servers run; they are asked in turns.
// The others have graphs (HNSW, M 16); we have what `flashfit index tune` proposes ("flashfit"), and in a mesh of its own such a
// graph too ("flashfit graph"). One call for three indices stands beside three calls, and an Envoy of ours before a server that does
// nothing ("limit") says what no service behind it can exceed. Eight clients are measured twice: with the priority of everybody, and
// leaving the processors to the servers, as callers on other machines do. Some servers do better so, others so, and of each its
// better one counts.
// BENCH_MEASURE_WITH: words before the command that measures when everything is filled, such as `taskset -c 0-7`.
// FACTORY: what we have, in FAISS's words, instead of what is proposed.

const TARGET = 0.99;
/** Candidates that a graph keeps. */
const LADDER = [16, 18, 20, 22, 24, 26, 28, 30, 32, 36, 40, 48, 56, 64, 80, 96, 128, 160, 200, 256];
/** Cells that are looked into. */
const CELLS = [4, 5, 6, 7, 8, 9, 10, 11, 12, 14, 16, 18, 20, 24, 32, 40, 48, 64, 96, 128];
const ALIKE = "8 clients";
const YIELDING = "8 yielding clients";
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
  const [proposed] = codedFactory({ vectors: count, dimensions, metric: "l2" });
  const ours = await startOurs("flashfit", process.env.FACTORY ?? proposed);
  sides.push(sideOf("flashfit three", { ...ours.endpoint, indices: ours.served.indices }, ours.served.pids));
  if (ours.served.engine === "faiss") await startOurs("flashfit graph");
  const limit = await startLimit();
  stops.push(limit.stop);
  sides.push(sideOf("limit", { ...ours.endpoint, address: limit.address }, limit.pids));

  const seconds = quick ? 1.5 : 4;
  const windows = [
    { name: ALIKE, clients: 8, seconds },
    ...(mayYield ? [{ name: YIELDING, clients: 8, seconds, yielding: true }] : []),
    { name: "1 client", clients: 1, seconds: seconds / 2 },
  ];
  if (!mayYield) skipped.push("clients that leave the processors to the servers: only as root on Linux");
  const task: RoundsTask = { rounds: quick ? 2 : 5, windows, sides };
  const before = [...ownSession, ...(process.env.BENCH_MEASURE_WITH ?? "").split(" ").filter(Boolean)];
  const found = await runForJson<RoundsResult>(new URL("peers/rounds.ts", import.meta.url), task, before);
  figures.rounds = found;
  const speedIn = (window: string, name: string) => found[name]?.[window]?.callsPerSecond ?? 0;
  const speed = (name: string) => Math.max(speedIn(ALIKE, name), speedIn(YIELDING, name));
  for (const name of PEERS) {
    if (!found[name] || ours.recall < TARGET) continue;
    ratios[`served_over_${name}`] = speed("flashfit") / speed(name);
    ratios[`alike_served_over_${name}`] = speedIn(ALIKE, "flashfit") / speedIn(ALIKE, name);
    if (mayYield) ratios[`yielding_served_over_${name}`] = speedIn(YIELDING, "flashfit") / speedIn(YIELDING, name);
    ratios[`three_indices_over_${name}`] = speed("flashfit three") / (speed(name) / 3);
    if (found["flashfit graph"]) ratios[`graph_served_over_${name}`] = speed("flashfit graph") / speed(name);
  }
  ratios.one_call_over_three_calls = speed("flashfit three") / (speed("flashfit") / 3);
  ratios.served_over_limit = speed("flashfit") / speed("limit");
} finally {
  await Promise.allSettled(stops.map((stop) => stop()));
}
answer({ ratios, figures, skipped });

function sideOf(name: string, endpoint: Endpoint, pids: Record<string, number>): RoundsTask["sides"][number] {
  return { name, endpoint, queries: files.queries, dimensions, count: queries.count, pids };
}

/** A mesh of ours as a side, tuned. @param factory what its indices are, in FAISS's words; default: what the service itself takes */
async function startOurs(name: string, factory?: string) {
  const served: ServedIndex = await startServedIndex(data, factory);
  stops.push(served.stop);
  const [index = ""] = served.indices;
  const cells = /IVF/.test(factory ?? "");
  const { endpoint, ...tuned } = await tune({
    ...{ dialect: "flashfit", address: served.address, k: K, ef: 0, indices: [index], cells },
  });
  figures[name] = { ...served.figures, ...tuned };
  sides.push(sideOf(name, endpoint, served.pids));
  return { served, endpoint, recall: tuned.recall };
}

function fillPeer({ name, place }: RunningPeer, { files, dimensions }: BenchData): Promise<Filled> {
  const { port, httpPort } = place;
  const task: FillTask = { name, port, ...(httpPort !== undefined && { httpPort }), base: files.base, dimensions };
  return runForJson(new URL("peers/fill.ts", import.meta.url), task);
}

/** The fewest candidates, or cells, that find enough; the most where none do. */
async function tune(endpoint: Endpoint, set: (ef: number) => Promise<unknown> = async () => {}) {
  let found = { ef: 0, recall: 0, endpoint };
  for (const ef of endpoint.cells ? CELLS : LADDER) {
    await set(ef);
    const asked = { ...endpoint, ef };
    const rows = await rowsFound({ endpoint: asked, queries: files.queries, dimensions });
    found = { ef, recall: recallOf(rows, truth), endpoint: asked };
    if (found.recall >= TARGET) break;
  }
  return found;
}
