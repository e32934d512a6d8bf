import { setTimeout as sleep } from "node:timers/promises";

/** Resolves after `ms`, or as soon as the signal is aborted: at once where it is already. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch((error: unknown) => {
    if (!signal.aborted) throw error;
  });
}
