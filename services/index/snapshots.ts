import type { Sql } from "postgres";
import type { AnnEngine } from "./ann/ann.ts";
import { newestItems } from "./change-log.ts";
import { keyOf } from "./contents.ts";
import type { IndexEvents } from "./events.ts";
import type { ItemStore, Reload } from "./store.ts";
import type { Tail } from "./tail.ts";
import { HeldGraph } from "./vectors/held-graph.ts";
import { graphMetric } from "./vectors/metrics.ts";
import type { IndexManifest } from "./vectors/snapshot/manifest.ts";
import type { SnapshotInfo, StoreSnapshots } from "./vectors/snapshot/store-snapshots.ts";
import type { VectorMetric } from "./vectors/types.ts";

/** Items of which a snapshot is compared with the store of record before it is taken. */
const COMPARED = 1000;

export interface SnapshotsOptions {
  sql: Sql;
  store: ItemStore;
  tail: Tail;
  events: IndexEvents;
  files: StoreSnapshots;
  /** Opens graphs; without one they are left aside. */
  engine?: AnnEngine;
  /** What would be built of vectors that are compared so: another graph than that is not opened. */
  factory: (metric: VectorMetric) => string;
  /** Default `performance.now`. */
  nowMs?: () => number;
}

/** What became of a try to load a snapshot. */
export type Loaded =
  | { info: SnapshotInfo }
  /** Why not; nothing was changed. */
  | { reason: string };

/** Writes snapshots of a store, and loads them into it. */
export class Snapshots {
  readonly #options: SnapshotsOptions;
  readonly #nowMs: () => number;
  #newest: SnapshotInfo | undefined;
  #writing: Promise<unknown> = Promise.resolve();

  constructor(options: SnapshotsOptions) {
    this.#options = options;
    this.#nowMs = options.nowMs ?? (() => performance.now());
  }

  /** What was written or loaded last by this process. */
  get newest(): SnapshotInfo | undefined {
    return this.#newest;
  }

  /** All that are there, newest first. */
  list(): Promise<SnapshotInfo[]> {
    return this.#options.files.list();
  }

  /**
   * Write what the store holds when earlier ones are written; changes go on meanwhile.
   * @throws {SnapshotWriteError}
   */
  write(): Promise<{ info: SnapshotInfo; ms: number }> {
    const written = this.#writing.then(async () => {
      const began = this.#nowMs();
      try {
        this.#newest = await this.#options.files.write(this.#options.store.snapshot());
      } catch (error) {
        this.#options.events.tell("snapshot", { kind: "failed", error: error as Error });
        throw error;
      }
      return { info: this.#newest, ms: this.#nowMs() - began };
    });
    this.#writing = written.catch(() => {});
    return written;
  }

  /** Load the newest that is whole, or `generation`, and what changed since. While the tail follows: between two steps. */
  async load(generation?: string): Promise<Loaded> {
    const { sql, store, tail, files } = this.#options;
    const key = keyOf(store.models);
    const opened = await files.open(this.#openGraph, { key, ...(generation !== undefined && { generation }) });
    if (!opened)
      return { reason: generation ? `there is no whole snapshot ${generation}` : "there is no whole snapshot" };
    const { info } = opened;
    const reload = await store.reloadFrom(opened);
    let reason: string | undefined = "it could not be read to its end";
    try {
      reason = (await foreignItem(sql, reload, info.seq)) ?? (await tail.takeOver(reload, info.seq));
    } finally {
      if (reason !== undefined) await reload.discard();
    }
    if (reason !== undefined) return { reason: `${info.generation} is of no use: ${reason}` };
    this.#newest = info;
    this.#options.events.tell("snapshot", { kind: "restored", info });
    return { info };
  }

  readonly #openGraph = async (path: string, { dimensions, metric, graph }: IndexManifest) => {
    const { engine, factory } = this.#options;
    if (!engine || !graph || graph.engine !== engine.name || graph.factory !== factory(metric)) return undefined;
    const opened = await engine.open(path, { dimensions, metric: graphMetric(metric) });
    return new HeldGraph(opened, engine.name, graph.factory);
  };
}

/** An item that shows that contents are of another history than the store of record, in words. */
async function foreignItem(sql: Sql, reload: Reload, seq: bigint): Promise<string | undefined> {
  for (const item of await newestItems(sql, seq, COMPARED)) {
    const held = reload.items.get(item.itemId)?.seq;
    if (held === item.seq) continue;
    return `item "${item.itemId}" has version ${held ?? "none"} in it, ${item.seq} in the store of record`;
  }
  return undefined;
}
