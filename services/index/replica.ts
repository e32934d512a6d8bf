import type { Sql } from "postgres";
import type { Logger } from "../kit/log.ts";
import type { ChosenEngine } from "./choose-engine.ts";
import type { IndexConfig } from "./config.ts";
import { parseModels } from "./config.ts";
import { factoryOf, vectorsMaker } from "./create-vectors.ts";
import type { IndexEvents } from "./events.ts";
import type { Scanner } from "./kernel/scan.ts";
import { Snapshots } from "./snapshots.ts";
import { ItemStore } from "./store.ts";
import { Tail } from "./tail.ts";
import { StoreSnapshots } from "./vectors/snapshot/store-snapshots.ts";

export interface ReplicaOptions {
  sql: Sql;
  config: IndexConfig;
  engine: ChosenEngine;
  scanner: Omit<Scanner, "close">;
  events: IndexEvents;
  log: Pick<Logger, "info" | "warn">;
  signal: AbortSignal;
  /** Rows in a block; default: as they come. */
  blockRows?: number;
}

/** The parts of one replica, empty. */
export function createReplica({ sql, config, engine, scanner, events, log, signal, blockRows }: ReplicaOptions) {
  const graphs = engine.engine && { engine: engine.engine };
  const blocks = blockRows === undefined ? {} : { blockRows };
  const store = new ItemStore({
    models: parseModels(config.INDEX_MODELS),
    createVectors: vectorsMaker({ config, scanner, events, ...graphs, ...blocks }),
  });
  const tail = new Tail({ sql, store, log, signal, pollMs: config.INDEX_POLL_MS });
  const folder = config.INDEX_SNAPSHOT_DIR;
  const files = folder && new StoreSnapshots({ folder, onEvent: (event) => events.tell("snapshot", event) });
  const factory = factoryOf(config);
  const snapshots = files ? new Snapshots({ sql, store, tail, events, files, factory, ...graphs }) : undefined;
  return { store, tail, snapshots };
}

/** Fill a replica: from its newest snapshot and what changed since, or with all items from the store of record. */
export async function loadReplica(
  { tail, snapshots }: { tail: Tail; snapshots: Snapshots | undefined },
  log: Pick<Logger, "info">,
): Promise<void> {
  const loaded = await snapshots?.load();
  if (loaded && "info" in loaded) return;
  if (loaded) log.info({ event: "no_snapshot", reason: loaded.reason }, `loading all items: ${loaded.reason}`);
  await tail.catchUp();
}
