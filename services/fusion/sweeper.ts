import type { Logger } from "../kit/log.ts";
import { repeat } from "../kit/repeat.ts";
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

/** Sweeps now and then again and again, until the signal is aborted. */
export function keepSweeping(
  sweep: () => Promise<number>,
  { signal, log, everyMs }: { signal: AbortSignal; log: Logger; everyMs: number },
): Promise<void> {
  const failure = { event: "sweep_failed", message: "garments that stopped half way stay until the next sweep" };
  const work = async () => void (await sweep());
  return repeat(work, { everyMs, signal, log, failure });
}
