import { type Client, createClient, createRouterTransport } from "@connectrpc/connect";
import pino from "pino";
import postgres, { type Sql } from "postgres";
import { Registry } from "prom-client";
import { IndexService } from "../../gen/flashfit/index/v1/index_pb.ts";
import { migrate } from "../kit/migrate.ts";
import { bytesFromFloats } from "../kit/vector.ts";
import { parseModels } from "./config.ts";
import { IndexEvents } from "./events.ts";
import { watchIndex } from "./health/watch.ts";
import { ScanPool } from "./kernel/scan-pool.ts";
import { createIndexMetrics } from "./metrics.ts";
import { createIndexService } from "./service.ts";
import { ItemStore } from "./store.ts";
import { Tail } from "./tail.ts";
import { VectorIndex } from "./vectors/vector-index.ts";

/** A pool on a database that has the Index's schema. For tests. */
export async function indexDatabase(url: string): Promise<Sql> {
  const sql = postgres(url, { onnotice: () => {}, max: 8, backoff: () => 0.05 });
  await migrate(sql, [{ service: "index", folder: new URL("./schema/", import.meta.url) }]);
  return sql;
}

/** A replica of the Index, caught up and following, asked without sockets. For tests. */
export async function localIndex(
  sql: Sql,
  { pollMs = 100, models = "clip=clip_fashion,blip=blip_fashion,fashion=fashion_specific" } = {},
) {
  const stopping = new AbortController();
  const scanner = new ScanPool({ threads: 0 });
  const events = new IndexEvents();
  const store = new ItemStore({
    models: parseModels(models),
    createVectors: (options) =>
      new VectorIndex({
        ...options,
        onEvent: (event) => events.tell("vectors", { index: options.name, event }),
        scanner,
        blockRows: 16,
      }),
  });
  const log = pino({ level: "silent" });
  const tail = new Tail({ sql, store, log, signal: stopping.signal, pollMs });
  const registry = new Registry();
  const metrics = createIndexMetrics(registry, store, tail, events);
  const { signal } = stopping;
  const recall = { share: 1, cpuMsPerSecond: 1000, threads: 1 };
  const watch = watchIndex({ registry, store, log, events, tail, recall, signal });
  await tail.catchUp();
  const following = tail.follow();
  const transport = createRouterTransport((router) =>
    router.service(IndexService, createIndexService({ sql, store, metrics, events })),
  );
  return {
    client: createClient(IndexService, transport),
    store,
    tail,
    registry,
    events,
    watch,
    async stop() {
      stopping.abort();
      await following;
      await store.close();
      await scanner.close();
    },
  };
}

export type IndexServiceClient = Client<typeof IndexService>;

/** float32 values as bytes. */
export function vectorOf(...values: number[]): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bytesFromFloats(Float32Array.from(values)));
}

interface ItemExtras {
  ownerId?: string;
  category?: string;
  colour?: string;
  priceCents?: number;
  tags?: string[];
}

/** An item of one model's vector. */
export function itemOf(itemId: string, values: number[], more: ItemExtras = {}) {
  return { itemId, ...more, embeddings: [{ model: "clip", revision: "1", vector: vectorOf(...values) }] };
}
