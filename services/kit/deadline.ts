import { deadlineExceeded } from "./errors.ts";

/** setTimeout takes no more. */
export const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** A signal that is aborted with DeadlineExceeded and `message` after `ms`, unless cleared before. */
export function deadlineSignal(ms: number, message: string): { signal: AbortSignal; clear(): void } {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(deadlineExceeded(message)), Math.min(ms, LONGEST_TIMER_MS));
  return { signal: controller.signal, clear: () => clearTimeout(timer) };
}
