import { untilAborted } from "../../services/kit/context.ts";
import { deadlineSignal } from "../../services/kit/deadline.ts";

/** What a look at one part found. */
export type Finding<T> =
  | { status: "up" | "slow"; ms: number; value: T }
  | { status: "down"; ms: number; reason: string };

/** Asks one part; a look takes no longer than its time. */
export type Probe<T> = () => Promise<Finding<T>>;

export interface ProbeOptions<T> {
  timeoutMs: number;
  /** An answer that took longer is slow. */
  slowMs: number;
  /** Asks. The signal is aborted when the time is over; what does not listen to it is left to itself. */
  ask(signal: AbortSignal): Promise<T>;
  /** What an error says, in words. */
  explain(error: unknown): string;
}

/**
 * Makes a look that always ends in time. A part that still owes the answer to an earlier look is not asked again, so that
 * questions to one that hangs do not pile up.
 */
export function createProbe<T>({ timeoutMs, slowMs, ask, explain }: ProbeOptions<T>): Probe<T> {
  let owedSince: number | undefined;
  return async () => {
    const began = performance.now();
    if (owedSince !== undefined) {
      const seconds = ((began - owedSince) / 1000).toFixed(1);
      return { status: "down", ms: began - owedSince, reason: `no answer for ${seconds} s` };
    }
    owedSince = began;
    const limit = deadlineSignal(timeoutMs, `no answer within ${timeoutMs} ms`);
    const answer = ask(limit.signal).finally(() => {
      owedSince = undefined;
    });
    try {
      const value = await untilAborted(answer, limit.signal);
      const ms = performance.now() - began;
      return { status: ms > slowMs ? "slow" : "up", ms, value };
    } catch (error) {
      const reason = limit.signal.aborted ? `no answer within ${timeoutMs} ms` : explain(error);
      return { status: "down", ms: performance.now() - began, reason };
    } finally {
      limit.clear();
    }
  };
}
