import { setTimeout as sleep } from "node:timers/promises";

/** Asks again and again until the answer is yes. Rejects when the signal is aborted. An error is a no. */
export async function pollUntil(ask: () => Promise<boolean>, signal: AbortSignal, everyMs = 50): Promise<void> {
  for (;;) {
    signal.throwIfAborted();
    if (await ask().catch(() => false)) return;
    await sleep(everyMs, undefined, { signal });
  }
}
