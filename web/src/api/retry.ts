import { Code, ConnectError } from "@connectrpc/connect";
import { RetryInfoSchema } from "../../../gen/google/rpc/error_details_pb.ts";

/** The edge allows a steady rate; a second later there is room again. */
const DEFAULT_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 15_000;
/** How often a read is asked again before its error is shown. */
const MOST_REPEATS = 3;

/** Milliseconds that the server asks to wait after "too many calls": RetryInfo, else `retry-after`, else one second. */
export function retryAfterMs(error: ConnectError): number {
  const delay = error.findDetails(RetryInfoSchema)[0]?.retryDelay;
  const header = error.metadata.get("retry-after");
  const asked = delay
    ? Number(delay.seconds) * 1000 + delay.nanos / 1e6
    : header === null
      ? DEFAULT_WAIT_MS
      : Number(header) * 1000;
  return Number.isFinite(asked) ? Math.min(Math.max(asked, 100), LONGEST_WAIT_MS) : DEFAULT_WAIT_MS;
}

/** Whether a read that failed `failures` times before is asked once more. */
export function shouldRepeat(failures: number, cause: unknown): boolean {
  const { code } = ConnectError.from(cause);
  return (code === Code.ResourceExhausted || code === Code.Unavailable) && failures < MOST_REPEATS;
}

/** How long to wait before that, in milliseconds. */
export function repeatDelayMs(failures: number, cause: unknown): number {
  const error = ConnectError.from(cause);
  return error.code === Code.ResourceExhausted ? retryAfterMs(error) * (failures + 1) : 400 * 2 ** failures;
}

/** Resolves after `ms`; rejects as soon as `signal` aborts. */
export function wait(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const onAbort = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", onAbort);
      resolve();
    }, ms);
    signal?.addEventListener("abort", onAbort, { once: true });
  });
}

/** A read with those repeats, for calls that no query cache makes. */
export async function repeated<T>(call: () => Promise<T>): Promise<T> {
  for (let failures = 0; ; failures++) {
    try {
      return await call();
    } catch (error) {
      if (!shouldRepeat(failures, error)) throw error;
      await wait(repeatDelayMs(failures, error));
    }
  }
}
