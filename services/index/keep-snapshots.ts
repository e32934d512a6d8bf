import { pause as pauseByTimer } from "../kit/pause.ts";
import type { IndexEvents } from "./events.ts";
import type { Snapshots } from "./snapshots.ts";
import type { ItemStore } from "./store.ts";
import { SnapshotWriteError } from "./vectors/snapshot/errors.ts";

export interface KeepSnapshotsOptions {
  snapshots: Pick<Snapshots, "write" | "newest">;
  store: Pick<ItemStore, "applied">;
  events: IndexEvents;
  /** Time between two. */
  everyMs: number;
  /** How long the last one may take. */
  lastMs: number;
  /** Ends it: a last one is written. */
  signal: AbortSignal;
  /** Resolves after so many milliseconds or when the signal is aborted. Default: by the clock. */
  pause?: (ms: number, signal: AbortSignal) => Promise<void>;
}

/**
 * Write a snapshot now and then, where anything is new, and a last one when the signal is aborted; resolves when that is
 * written or has taken too long. Who fails is told of by the events, and tried again the next time.
 */
export async function keepSnapshots(options: KeepSnapshotsOptions): Promise<void> {
  const { snapshots, store, events, everyMs, lastMs, signal, pause = pauseByTimer } = options;
  let rebuilt = false;
  const end = events.on("vectors", ({ event }) => {
    if (event.kind === "rebuilt") rebuilt = true;
  });
  const writeNew = async () => {
    if (!rebuilt && snapshots.newest?.seq === store.applied.value) return;
    rebuilt = false;
    try {
      await snapshots.write();
    } catch (error) {
      rebuilt = true;
      if (!(error instanceof SnapshotWriteError)) throw error;
    }
  };
  const stopped = aborted(signal);
  while (!signal.aborted) {
    await pause(everyMs, signal);
    if (!signal.aborted) await Promise.race([writeNew(), stopped]);
  }
  end();
  const late = new AbortController();
  await Promise.race([writeNew(), pause(lastMs, late.signal)]);
  late.abort();
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}
