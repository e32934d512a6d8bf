import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { ScanPool } from "../../services/index/kernel/scan-pool.ts";
import { SharedRows } from "../../services/index/kernel/shared-rows.ts";
import { leaveOut } from "../support/measure.ts";
import { clipPack } from "./clip-pack.ts";
import { fashionMnist, type Vectors } from "./fashion-mnist.ts";

export const K = 10;

export interface BenchData {
  dimensions: number;
  count: number;
  /** `[count, dimensions]` */
  base: Float32Array;
  queries: Vectors;
  rows(first: number, count: number): Float32Array;
  /** The same as files of float32 values, which go with the process. */
  files: { base: string; queries: string };
}

/** Vectors that are measured with. */
export type DataSet = "fashion-mnist" | "clip-pack";

/** Fashion-MNIST, or its first 10,000 rows and 200 queries. Without it the measurement ends, and says so. */
export async function benchData({ quick }: { quick: boolean }): Promise<BenchData> {
  const data = await findData("fashion-mnist", quick);
  return "reason" in data ? leaveOut(data.reason) : data;
}

/** All of a set, or its first 10,000 rows and 200 queries. @returns why not, where it is not on this machine */
export async function findData(set: DataSet, quick: boolean): Promise<BenchData | { reason: string }> {
  const data = set === "fashion-mnist" ? await fashionMnist() : await clipPack();
  if ("reason" in data) return data;
  const { dimensions } = data.base;
  const count = quick ? Math.min(10_000, data.base.count) : data.base.count;
  const asked = Math.min(quick ? 200 : 1000, data.queries.count);
  const base = data.base.values.subarray(0, count * dimensions);
  const values = data.queries.values.subarray(0, asked * dimensions);
  const folder = mkdtempSync(join(tmpdir(), "flashfit-bench-"));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  const files = { base: join(folder, "base"), queries: join(folder, "queries") };
  writeFileSync(files.base, base);
  writeFileSync(files.queries, values);
  return {
    ...{ dimensions, count, base, files },
    queries: { dimensions, count: asked, values },
    rows: (first, size) => base.subarray(first * dimensions, (first + size) * dimensions),
  };
}

/** The true nearest rows of every query, K each. */
export async function exactRows({ base, count, dimensions, queries }: BenchData): Promise<Int32Array> {
  const rows = new SharedRows({ dimensions, capacity: count });
  for (let row = 0; row < count; row++) rows.set(row, base.subarray(row * dimensions, (row + 1) * dimensions));
  const pool = new ScanPool({});
  const found = await pool.scan({ blocks: [{ rows, count }], queries: queries.values, k: K, metric: "l2" });
  await pool.close();
  return Int32Array.from(found.flatMap((one) => [...one.rows.subarray(0, K)]));
}

/** Share of the true K that are among the labels. */
export function recallOf(labels: ArrayLike<number>, truth: Int32Array): number {
  let hits = 0;
  for (let query = 0; query < truth.length; query += K) {
    const best = new Set(truth.subarray(query, query + K));
    for (let at = query; at < query + K; at++) if (best.has(labels[at]!)) hits++;
  }
  return hits / truth.length;
}
