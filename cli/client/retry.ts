import { Code, type ConnectError } from "@connectrpc/connect";
import { RetryInfoSchema } from "../../gen/google/rpc/error_details_pb.ts";

const LONGEST_MS = 10_000;

/** Codes after which the same call may go well. */
const TRANSIENT: readonly Code[] = [
  Code.Unavailable,
  Code.ResourceExhausted,
  Code.DeadlineExceeded,
  Code.Aborted,
  Code.Canceled,
  Code.Internal, // a broken HTTP/2 stream
  Code.Unknown,
];

/** Whether to try again after this failure. */
export function isTransient(error: ConnectError): boolean {
  return TRANSIENT.includes(error.code);
}

/** Milliseconds to wait before attempt `attempt` (1 is the first repetition): what the server asks for, else doubling. */
export function waitMs(error: ConnectError, attempt: number): number {
  const asked = askedMs(error);
  return Math.min(asked ?? 250 * 2 ** (attempt - 1), LONGEST_MS);
}

function askedMs(error: ConnectError): number | undefined {
  const delay = error.findDetails(RetryInfoSchema)[0]?.retryDelay;
  if (delay) return Number(delay.seconds) * 1000 + delay.nanos / 1e6;
  const header = Number(error.metadata.get("retry-after") ?? Number.NaN);
  return Number.isFinite(header) ? header * 1000 : undefined;
}
