import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import postgres from "postgres";
import { argumentOf } from "../../support/script.ts";
import type { PeerName } from "./places.ts";
import { rest } from "./rest.ts";
import { Connection } from "./wire/connection.ts";
import { command, RedisWire, type Reply, replyOf } from "./wire/redis.ts";

// Fills a peer: every vector under its row's number, in an HNSW graph with M 16 and efConstruction 128, squared Euclidean
// distances. Ends when the graph holds them all; its last line is what the endpoint needs to know besides.

/** What it is told, as JSON in its only argument. */
export interface FillTask {
  name: PeerName;
  port: number;
  httpPort?: number;
  /** File of float32 values. */
  base: string;
  dimensions: number;
}

/** What it answers. */
export interface Filled {
  version: string;
  seconds: number;
  vectorType?: number;
}

const [M, EF_CONSTRUCTION] = [16, 128];
const BATCH = 500;

const { name, port, httpPort, base, dimensions } = argumentOf<FillTask>();
const file = readFileSync(base);
const count = file.length / (4 * dimensions);
const bytesOf = (row: number) => file.subarray(row * dimensions * 4, (row + 1) * dimensions * 4);
const valuesOf = (row: number) => [
  ...new Float32Array(file.buffer, file.byteOffset + row * dimensions * 4, dimensions),
];
const batches = Array.from({ length: Math.ceil(count / BATCH) }, (_, n) =>
  Array.from({ length: Math.min(BATCH, count - n * BATCH) }, (_, at) => n * BATCH + at),
);

const began = performance.now();
const filled = await { weaviate, pgvector, redis_stack }[name]();
console.log(JSON.stringify({ ...filled, seconds: (performance.now() - began) / 1000 } satisfies Filled));

async function weaviate() {
  const { version } = (await rest(httpPort!, "GET", "/v1/meta")) as { version: string };
  await rest(httpPort!, "POST", "/v1/schema", {
    ...{ class: "Item", vectorizer: "none", vectorIndexType: "hnsw", invertedIndexConfig: {}, properties: [] },
    vectorIndexConfig: { distance: "l2-squared", maxConnections: M, efConstruction: EF_CONSTRUCTION, ef: 64 },
  });
  const id = (row: number) => `00000000-0000-0000-0000-${(row + 1).toString(16).padStart(12, "0")}`;
  let next = 0;
  const feed = async () => {
    while (next < batches.length) {
      const rows = batches[next++]!;
      const objects = rows.map((row) => ({ class: "Item", id: id(row), vector: valuesOf(row) }));
      const answers = (await rest(httpPort!, "POST", "/v1/batch/objects", { objects })) as {
        result?: { errors?: unknown };
      }[];
      const failed = answers.find(({ result }) => result?.errors);
      if (failed) throw new Error(JSON.stringify(failed.result));
    }
  };
  await Promise.all([feed(), feed()]);
  return { version };
}

async function pgvector() {
  const sql = postgres({ host: "127.0.0.1", port, user: "postgres", database: "postgres", max: 1, onnotice: () => {} });
  await sql.unsafe(`create extension vector; create table item (id int4, v vector(${dimensions}))`);
  await sql.unsafe("alter table item alter column v set storage plain");
  const stream = await sql`copy item from stdin`.writable();
  for (const rows of batches) {
    const lines = rows.map((row) => `${row}\t[${valuesOf(row).join(",")}]\n`).join("");
    if (!stream.write(lines)) await new Promise((resolve) => stream.once("drain", resolve));
  }
  await new Promise<void>((resolve, reject) => stream.once("error", reject).end(() => resolve()));
  await sql.unsafe("set maintenance_work_mem = '2GB'; set max_parallel_maintenance_workers = 1");
  await sql.unsafe(
    `create index on item using hnsw (v vector_l2_ops) with (m = ${M}, ef_construction = ${EF_CONSTRUCTION}); analyze item`,
  );
  const [about] = await sql<{ oid: string; pg: string; vector: string; rows: string }[]>`
    select 'vector'::regtype::oid::text as oid, current_setting('server_version') as pg,
      (select extversion from pg_extension where extname = 'vector') as vector, (select count(*) from item)::text as rows`;
  await sql.end();
  if (Number(about!.rows) !== count) throw new Error(`expected ${count} rows, got ${about!.rows}`);
  return { version: `${about!.vector} in PostgreSQL ${about!.pg}`, vectorType: Number(about!.oid) };
}

async function redis_stack() {
  const connection = await Connection.open({ host: "127.0.0.1", port }, new RedisWire());
  const ask = async (...words: Parameters<typeof command>) => replyOf(await connection.call(command(...words)));
  const version = /^redis_version:(\S+)/m.exec(String(await ask("INFO", "server")))?.[1] ?? "?";
  const modules = (await ask("MODULE", "LIST")) as Reply[][];
  const search = pairsOf(modules.find((one) => String(pairsOf(one).name) === "search") ?? []).ver;
  const vector = ["VECTOR", "HNSW", 10, "TYPE", "FLOAT32", "DIM", dimensions, "DISTANCE_METRIC", "L2"];
  const graph = [...vector, "M", M, "EF_CONSTRUCTION", EF_CONSTRUCTION];
  await ask("FT.CREATE", "items", "ON", "HASH", "SCHEMA", "v", ...graph);
  for (let row = 0; row < count; row++) await ask("HSET", row, "v", bytesOf(row));
  for (;;) {
    const about = pairsOf((await ask("FT.INFO", "items")) as Reply[]);
    if (Number(about.num_docs) === count && Number(about.indexing) === 0) break;
    await sleep(200);
  }
  connection.close();
  return { version: `${version}, RediSearch ${search}` };
}

function pairsOf(list: Reply[]): Record<string, Reply> {
  return Object.fromEntries(
    list.flatMap((one, at) => (at % 2 === 0 ? [[String(one), list[at + 1] ?? null] as const] : [])),
  );
}
