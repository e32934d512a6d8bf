import { Code, ConnectError } from "@connectrpc/connect";
import type { HealthRegistry } from "./health.ts";
import type { OpenCalls } from "./serve/calls.ts";
import type { Listening } from "./serve/listening.ts";

/** How a stop went. */
export interface StopReport {
  /** Calls that were open when the drain began. */
  inFlight: number;
  /** Of those, the ones cut off when the time was over. */
  aborted: number;
  /** How long the drain took, in milliseconds. */
  tookMs: number;
}

/** How long aborted calls and closing connections get before the connections are cut. */
const ABORT_GRACE_MS = 500;

export interface DrainOptions {
  name: string;
  health: HealthRegistry;
  listening: Listening;
  calls: OpenCalls;
  /** Aborts the signal of every call that is still open when the time is over. */
  shutdown: AbortController;
  drainMs: number;
}

/** Stop a server without losing a call: say so, take no more, wait, then cut what is left. */
export async function drain({ name, health, listening, calls, shutdown, drainMs }: DrainOptions): Promise<StopReport> {
  const began = performance.now();
  const inFlight = calls.count;
  health.set("", "NOT_SERVING", "draining");
  const ended = calls.idle(drainMs);
  const closed = listening.close(ended);
  const allEnded = await ended;
  const aborted = allEnded ? 0 : calls.count;
  // Also ends the streams that a drain does not wait for: health Watch and reflection.
  shutdown.abort(new ConnectError(`${name} is shutting down`, Code.Unavailable));
  if (!allEnded) await calls.idle(ABORT_GRACE_MS);
  let timer: NodeJS.Timeout | undefined;
  const grace = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ABORT_GRACE_MS);
  });
  await Promise.race([closed, grace]);
  clearTimeout(timer);
  listening.destroy();
  await closed;
  return { inFlight, aborted, tookMs: Math.round(performance.now() - began) };
}
