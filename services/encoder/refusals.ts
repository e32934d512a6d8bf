import type { ConnectError } from "@connectrpc/connect";
import { deadlineExceeded, invalidArgument, resourceExhausted, unavailable } from "../kit/errors.ts";
import { BatcherClosedError, DeadlinePassedError, DeadlineTooCloseError, QueueFullError } from "./batching/refusals.ts";
import { InferenceLostError } from "./inference/errors.ts";
import { GateFullError } from "./preprocessing/gate.ts";
import { PhotoRefusedError } from "./preprocessing/photo-decoder.ts";

/** When to come back if more photos wait to be decoded than may. */
const DECODE_RETRY_MS = 1000;

/** Why work was not done though neither it nor a model was at fault; undefined for any other error. */
export function refusalReason(error: unknown): string | undefined {
  if (error instanceof QueueFullError) return "queue_full";
  if (error instanceof GateFullError) return "decode_queue_full";
  if (error instanceof DeadlineTooCloseError) return "deadline_too_close";
  if (error instanceof DeadlinePassedError) return "deadline_passed";
  if (error instanceof BatcherClosedError) return "closed";
  return undefined;
}

/** After how long there may be room again; undefined when it was not refused for being busy. */
export function busyForMs(error: unknown): number | undefined {
  if (error instanceof GateFullError) return DECODE_RETRY_MS;
  return error instanceof QueueFullError || error instanceof DeadlineTooCloseError ? error.retryAfterMs : undefined;
}

/** The one place where the Encoder's own errors become the caller's; all others are given back as they are. */
export function toRefusal(error: unknown): ConnectError | unknown {
  if (error instanceof PhotoRefusedError) return invalidArgument("photo", error.message);
  if (error instanceof GateFullError) {
    return resourceExhausted(`too many photos at once: ${error.message}`, DECODE_RETRY_MS);
  }
  if (error instanceof QueueFullError || error instanceof DeadlineTooCloseError) {
    return resourceExhausted(error.message, error.retryAfterMs);
  }
  if (error instanceof DeadlinePassedError) return deadlineExceeded(error.message);
  if (error instanceof BatcherClosedError || error instanceof InferenceLostError)
    return unavailable(error.message, error);
  return error;
}

/** The same work, with its errors as the caller's. */
export async function refusing<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw toRefusal(error);
  }
}
