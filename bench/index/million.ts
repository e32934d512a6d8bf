import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { bytesFromFloats } from "../../services/kit/vector.ts";
import { Dice } from "../../test/index/model/dice.ts";
import { IndexProcess } from "../../test/index/support/index-process.ts";
import { startPostgres } from "../../test/support/postgres.ts";
import { answer, measureOptions } from "../support/measure.ts";
import { Metrics } from "../support/prometheus.ts";

// Many vectors of 256 values in one Index: how fast they are stored and found again, how long a start takes after kill -9,
// and the memory of its process. COUNT: how many; default 1,000,000, or 20,000 with quick.

const DIMENSIONS = 256;
const BATCH = 1000;
const LIMIT_GB = 8;

const { quick, seed } = measureOptions();
const count = Number(process.env.COUNT ?? (quick ? 20_000 : 1_000_000));
const folder = await mkdtemp(join(tmpdir(), "flashfit-bench-"));
const postgres = await startPostgres();
const env = { INDEX_MODELS: "clip=clip_fashion", INDEX_SNAPSHOT_DIR: join(folder, "snapshots") };
const start = () => IndexProcess.start({ databaseUrl: postgres.url, name: "bench", env });

try {
  let index = await start();
  let changeSeq = 0n;
  const loading = stopwatch();
  for (let first = 0; first < count; first += BATCH * 2) {
    // Two batches at a time: one is stored while the other is made.
    const batches = [first, first + BATCH].filter((at) => at < count);
    const stored = await Promise.all(batches.map((at) => index.client.upsert({ items: itemsFrom(at) })));
    for (const { changeSeq: seq } of stored) if (seq > changeSeq) changeSeq = seq;
  }
  const stored = loading();
  const found = await search(index, changeSeq);
  const applied = loading();
  const figures: Record<string, unknown> = {
    ...{ count, dimensions: DIMENSIONS, seed },
    storedPerSecond: count / stored,
    appliedPerSecond: count / applied,
    searchMs: await searchMs(index),
    residentGB: await residentGB(index),
  };
  await index.client.snapshot({}, { timeoutMs: 600_000 });
  await index.kill9();
  const starting = stopwatch();
  index = await start();
  figures.restartSeconds = starting();
  const again = await search(index, changeSeq);
  figures.sameAfterRestart = JSON.stringify(again) === JSON.stringify(found);
  figures.residentGBAfterRestart = await residentGB(index);
  figures.engine = (await index.client.listIndexes({})).indexes[0]?.engine;
  await index.kill9();
  const most = Math.max(figures.residentGB as number, figures.residentGBAfterRestart as number);
  answer({ ratios: { million_memory_limit_over_used: LIMIT_GB / most }, figures });
} finally {
  await postgres.stop();
  await rm(folder, { recursive: true, force: true });
}

function stopwatch(): () => number {
  const began = performance.now();
  return () => (performance.now() - began) / 1000;
}

function itemsFrom(first: number) {
  return Array.from({ length: Math.min(BATCH, count - first) }, (_, at) => ({
    itemId: `item-${first + at}`,
    embeddings: [{ model: "clip", revision: "1", vector: vectorOf(first + at) }],
  }));
}

/** One of 1,000 clusters, and some noise. */
function vectorOf(row: number): Uint8Array<ArrayBuffer> {
  const [cluster, noise] = [new Dice(seed, row % 1000), new Dice(seed, row, 1)];
  const values = Float32Array.from({ length: DIMENSIONS }, () => cluster.unit() - 0.5 + 0.6 * (noise.unit() - 0.5));
  return new Uint8Array(bytesFromFloats(values));
}

async function search(index: IndexProcess, minSeq = 0n, row = 7) {
  const queries = [{ index: "clip_fashion", vector: vectorOf(row) }];
  const request = { queries, k: 10, minSeq, exact: minSeq > 0n };
  return (await index.client.search(request, { timeoutMs: 600_000 })).results[0]!.neighbours.map(
    ({ itemId }) => itemId,
  );
}

async function searchMs(index: IndexProcess): Promise<number> {
  const rounds = 50;
  const elapsed = stopwatch();
  for (let n = 0; n < rounds; n++) await search(index, 0n, n * 31);
  return (elapsed() / rounds) * 1000;
}

async function residentGB(index: IndexProcess): Promise<number> {
  return new Metrics(await index.metrics()).only("process_resident_memory_bytes") / 1e9;
}
