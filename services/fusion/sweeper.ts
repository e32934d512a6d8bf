import { setTimeout as delay } from "node:timers/promises";
import type { Logger } from "../kit/log.ts";
import type { GarmentStore } from "./garment-store.ts";
import type { Stages } from "./stages.ts";
import { askIndex, type Upstreams } from "./upstreams.ts";

export interface SweeperOptions {
  store: GarmentStore;
  index: Upstreams["index"];
  stages: Stages;
  log: Logger;
  /** A garment is given up when nothing happened to it for so long, in milliseconds; it should be far beyond any deadline. */
  olderThanMs: number;
}

/**
 * Removes garments whose adding or deleting stopped half way (the process died, the Index was away): from the Index first,
 * then from the store. Every step may be repeated, so replicas need not agree who sweeps. Returns how many it removed.
 */
export function createSweep({ store, index, stages, log, olderThanMs }: SweeperOptions): () => Promise<number> {
  return async () => {
    const ids = await store.claimUnfinished(olderThanMs);
    if (ids.length > 0) {
      await askIndex(() => index.delete({ itemIds: ids }));
      await store.remove(ids);
    }
    const count = ids.length;
    stages.swept(count);
    if (count > 0) log.info({ event: "swept", count }, "removed garments that had stopped half way");
    return count;
  };
}

export interface ScheduleOptions {
  signal: AbortSignal;
  log: Logger;
  /** How long it waits after each, in milliseconds. */
  everyMs: number;
  /** Resolves after so long, rejects when the signal is aborted; default: the real clock. */
  wait?: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** Sweeps now and then again and again, until the signal is aborted. A sweep that fails is logged; the next one comes. */
export async function keepSweeping(
  sweep: () => Promise<number>,
  { signal, log, everyMs, wait = (ms, until) => delay(ms, undefined, { signal: until, ref: false }) }: ScheduleOptions,
): Promise<void> {
  while (!signal.aborted) {
    try {
      await sweep();
    } catch (error) {
      log.warn({ event: "sweep_failed", err: error }, "garments that stopped half way stay until the next sweep");
    }
    try {
      await wait(everyMs, signal);
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }
}
