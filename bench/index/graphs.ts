import process from "node:process";
import type { AnnMetric, AnnParams } from "../../services/index/ann/ann.ts";
import { randomOf } from "../../services/index/kernel/testing/random-rows.ts";
import { unitVector } from "../../services/index/unit-vector.ts";
import { answer, leaveOut, measureOptions } from "../support/measure.ts";
import { median } from "../support/statistics.ts";
import { benchData, K } from "./data.ts";
import { startOurFaiss } from "./our-faiss.ts";

// Graphs asked with queries like the data and unlike it (decision 0017): how many of the true ten are among the rows that exact scores
// would then rank. Fashion-MNIST, projected to 256 unit values by one random matrix; unlike: with one direction that the data does
// not have, and noise.

const DIMENSIONS = 256;
const QUERIES = 400;
const TARGET = 0.99;
/** Beside a query's length of 1. */
const UNLIKE = 0.7;
const EFS = [32, 48, 64, 96, 128, 192];
const PROBES = [4, 8, 16, 32, 64];

/**
 * What is built, and how many rows it is asked for: more where its own scores are coarse. Unit vectors have the same order by both
 * metrics, but what a rotation makes of them is no longer of unit length. An index that compares by cosine builds by L2.
 */
const graphs: [factory: string, asked: number, metric: AnnMetric][] = [
  ["HNSW32,Flat", 15, "ip"],
  ["HNSW32,Flat", 15, "l2"],
  ["HNSW32,SQ8", 15, "ip"],
  ["HNSW32,SQ8", 15, "l2"],
  ["HNSW24,SQ8", 15, "l2"],
  ["PCA128,HNSW24,SQ8", 60, "ip"],
  ["PCA128,HNSW24,SQ8", 60, "l2"],
  ["PCA64,HNSW24,SQ8", 60, "l2"],
  ["IVF256,PQ128x4fs", 60, "ip"],
  ["IVF256,PQ128x4fs", 60, "l2"],
];

const { quick, seed } = measureOptions();
const figures: Record<string, unknown> = { seed, dimensions: DIMENSIONS };
const started = await startOurFaiss({ searches: 1 });
if (!started.available) leaveOut(`graphs: ${started.reason}`);
const { engine } = started;
const data = await benchData({ quick });
const random = randomOf(seed);
/** About a normal number: twelve of variance 1/12. */
const noise = () => Array.from({ length: 12 }, random).reduce((sum, one) => sum + one, -6);
const matrix = Float32Array.from({ length: data.dimensions * DIMENSIONS }, noise);
const base = projected(data.base, data.count);
const asked = Math.min(QUERIES, data.queries.count);
const like = projected(data.queries.values, asked);
const queries = { like, unlike: unlikeOnes(like) };
const truth = { like: await truthOf(queries.like), unlike: await truthOf(queries.unlike) };
figures.count = data.count;
figures.queries = asked;
for (const [factory, rows, metric] of graphs) {
  const graph = await engine.build(task(factory, metric));
  const figure: Record<string, unknown> = { bytes: graph.memoryBytes, rows };
  const steps: AnnParams[] = factory.startsWith("IVF")
    ? PROBES.map((nprobe) => ({ nprobe }))
    : EFS.map((efSearch) => ({ efSearch }));
  for (const kind of ["like", "unlike"] as const) {
    for (const params of steps) {
      const { recall, micros } = await measured(graph, queries[kind], truth[kind], rows, params);
      figure[kind] = { recall, cpuMicros: micros, ...params };
      if (recall >= TARGET) break;
    }
  }
  figures[`${factory} ${metric}`] = figure;
  await graph.close();
}
await engine.close();
answer({ ratios: {}, figures });

function task(factory: string, metric: AnnMetric) {
  const rows = (first: number, count: number) => base.subarray(first * DIMENSIONS, (first + count) * DIMENSIONS);
  return { dimensions: DIMENSIONS, count: data.count, metric, factory, rows };
}

async function truthOf(vectors: Float32Array): Promise<Int32Array> {
  const flat = await engine.build(task("Flat", "ip"));
  const { labels } = await flat.search({ vectors, k: K });
  await flat.close();
  return Int32Array.from(labels);
}

/** Share of the true ten among the rows that are asked for; processor microseconds a query, one query a call, median of three. */
async function measured(
  ...[graph, vectors, truth, rows, params]: [
    Awaited<ReturnType<typeof engine.build>>,
    Float32Array,
    Int32Array,
    number,
    AnnParams,
  ]
): Promise<{ recall: number; micros: number }> {
  const times: number[] = [];
  let hits = 0;
  for (let round = 0; round < 3; round++) {
    hits = 0;
    const began = process.cpuUsage();
    for (let at = 0; at < asked; at++) {
      const query = vectors.subarray(at * DIMENSIONS, (at + 1) * DIMENSIONS);
      const found = new Set((await graph.search({ vectors: query, k: rows, params })).labels);
      for (let n = 0; n < K; n++) if (found.has(truth[at * K + n]!)) hits++;
    }
    const { user, system } = process.cpuUsage(began);
    times.push((user + system) / asked);
  }
  return { recall: hits / (asked * K), micros: median(times) };
}

/** `count` vectors times the matrix, as unit vectors. */
function projected(values: Float32Array, count: number): Float32Array {
  const { dimensions } = data;
  const out = new Float32Array(count * DIMENSIONS);
  for (let row = 0; row < count; row++) {
    const vector = out.subarray(row * DIMENSIONS, (row + 1) * DIMENSIONS);
    for (let n = 0; n < dimensions; n++) {
      const value = values[row * dimensions + n]!;
      if (value === 0) continue;
      const from = n * DIMENSIONS;
      for (let to = 0; to < DIMENSIONS; to++) vector[to]! += value * matrix[from + to]!;
    }
    vector.set(unitVector(vector));
  }
  return out;
}

/** With one direction more, and noise, both as long as {@link UNLIKE}. */
function unlikeOnes(vectors: Float32Array): Float32Array {
  const out = new Float32Array(vectors.length);
  const direction = unitVector(Float32Array.from({ length: DIMENSIONS }, noise));
  for (let at = 0; at < vectors.length; at += DIMENSIONS) {
    const other = unitVector(Float32Array.from({ length: DIMENSIONS }, noise));
    const mixed = vectors.subarray(at, at + DIMENSIONS).map((x, n) => x + UNLIKE * (direction[n]! + other[n]!));
    out.set(unitVector(mixed), at);
  }
  return out;
}
