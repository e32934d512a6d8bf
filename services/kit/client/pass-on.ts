import type { CallContext } from "../context.ts";
import { deadlineExceeded } from "../errors.ts";
import { CLAIMS, REQUEST_ID, TRACEPARENT } from "../headers.ts";
import { childSpan } from "../trace-context.ts";

/** What a call ends with whose time is over. */
export const NOT_ANSWERED = "the other service did not answer within the deadline";

/**
 * Write into the header of a call to another service what goes on with it from the call that is being answered: request id,
 * trace, claims, and what is left of its time.
 *
 * @param fallbackMs the time of a call that has no limit otherwise
 * @returns how long it may take, milliseconds; undefined: any time
 * @throws ConnectError DeadlineExceeded when no time is left
 */
export function passOn(
  header: Headers,
  call: CallContext | undefined,
  fallbackMs: number | undefined,
): number | undefined {
  const own = header.get("connect-timeout-ms");
  const inherited = call?.deadline === undefined ? undefined : Math.floor(call.deadline - Date.now());
  if (inherited !== undefined && inherited <= 0)
    throw deadlineExceeded("no time was left for a call to another service");
  const timeoutMs = shortest(own === null ? undefined : Number(own), inherited) ?? fallbackMs;
  if (timeoutMs !== undefined) header.set("connect-timeout-ms", String(timeoutMs));
  if (call) {
    header.set(REQUEST_ID, call.requestId);
    if (call.claims !== undefined) header.set(CLAIMS, call.claims);
  }
  header.set(TRACEPARENT, childSpan(call?.traceparent ?? header.get(TRACEPARENT)));
  return timeoutMs;
}

function shortest(...limits: (number | undefined)[]): number | undefined {
  const known = limits.filter((limit) => limit !== undefined);
  return known.length > 0 ? Math.min(...known) : undefined;
}
