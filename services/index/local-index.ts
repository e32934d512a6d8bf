import { type Client, createClient, createRouterTransport } from "@connectrpc/connect";
import pino from "pino";
import postgres, { type Sql } from "postgres";
import { Registry } from "prom-client";
import { IndexService } from "../../gen/flashfit/index/v1/index_pb.ts";
import { readConfig } from "../kit/config.ts";
import { migrate } from "../kit/migrate.ts";
import { bytesFromFloats } from "../kit/vector.ts";
import type { AnnEngine } from "./ann/ann.ts";
import type { ChosenEngine } from "./choose-engine.ts";
import { type IndexConfig, indexConfig } from "./config.ts";
import { IndexEvents } from "./events.ts";
import { watchIndex } from "./health/watch.ts";
import { ScanPool } from "./kernel/scan-pool.ts";
import { createIndexMetrics } from "./metrics.ts";
import { createReplica, loadReplica } from "./replica.ts";
import { createIndexService } from "./service.ts";

/** A pool on a database that has the Index's schema. For tests. */
export async function indexDatabase(url: string): Promise<Sql> {
  const sql = postgres(url, { onnotice: () => {}, max: 8, backoff: () => 0.05 });
  await migrate(sql, [{ service: "index", folder: new URL("./schema/", import.meta.url) }]);
  return sql;
}

/** Settings as an environment would give them; a database is not one of them, for tests bring theirs. */
export function indexSettings(env: Record<string, string> = {}): IndexConfig {
  return readConfig(indexConfig, {
    DATABASE_URL: "postgres://unused",
    INDEX_ENGINE: "flat",
    INDEX_POLL_MS: "100",
    ...env,
  });
}

export interface LocalIndexOptions {
  /** As an environment would give them. */
  settings?: Record<string, string>;
  /** Builds graphs; default: none, all searches are scans. */
  engine?: AnnEngine;
}

/** A replica of the Index, loaded and following, asked without sockets. For tests. */
export async function localIndex(sql: Sql, { settings, engine: given }: LocalIndexOptions = {}) {
  const stopping = new AbortController();
  const scanner = new ScanPool({ threads: 0 });
  const events = new IndexEvents();
  const log = pino({ level: "silent" });
  const { signal } = stopping;
  const config = indexSettings(settings);
  const engine: ChosenEngine = given
    ? { engine: given, name: given.name, version: given.version, source: given.source, reason: "the test wants it" }
    : { name: "flat", version: "", source: "", reason: "INDEX_ENGINE is flat" };
  const parts = createReplica({ sql, config, engine, scanner, events, log, signal, blockRows: 16 });
  const { store, tail, snapshots } = parts;
  const registry = new Registry();
  const metrics = createIndexMetrics(registry, store, tail, events);
  const recall = { share: 1, cpuMsPerSecond: 1000, threads: 1 };
  const watch = watchIndex({ registry, store, log, events, tail, recall, signal });
  await loadReplica(parts, log);
  const following = tail.follow();
  const transport = createRouterTransport((router) =>
    router.service(IndexService, createIndexService({ sql, store, tail, metrics, events, engine, snapshots })),
  );
  return {
    client: createClient(IndexService, transport),
    store,
    tail,
    registry,
    events,
    watch,
    snapshots,
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
