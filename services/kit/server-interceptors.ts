import { randomUUID } from "node:crypto";
import { ConnectError, type Interceptor } from "@connectrpc/connect";
import { type CallContext, iterateInCall, runInCall, untilAborted } from "./context.ts";
import { deadlineSignal } from "./deadline.ts";
import { CLAIMS, REQUEST_ID, TRACEPARENT } from "./headers.ts";
import { renameErrors } from "./stream-errors.ts";
import { childSpan } from "./trace-context.ts";

export { errorInterceptor } from "./error-mapping.ts";

const ACCEPTABLE_ID = /^[\x21-\x7e]{1,128}$/;

/**
 * Give every call its context: request id, span, deadline, signal, claims. Handlers and the clients they use find it by themselves.
 *
 * A call whose deadline passes is answered DeadlineExceeded even if its handler does not listen to the signal.
 * A unary call without a deadline from the caller gets `defaultTimeoutMs`; a stream gets none.
 */
export function contextInterceptor(o: { defaultTimeoutMs: number; now?: () => number }): Interceptor {
  const now = o.now ?? Date.now;
  return (next) => async (request) => {
    const timeoutMs = timeoutFromHeaders(request.header) ?? (request.stream ? undefined : o.defaultTimeoutMs);
    const given = request.header.get(REQUEST_ID);
    const timer =
      timeoutMs === undefined ? undefined : deadlineSignal(timeoutMs, "the deadline of the call has passed");
    const call: CallContext = {
      requestId: given && ACCEPTABLE_ID.test(given) ? given : randomUUID(),
      traceparent: childSpan(request.header.get(TRACEPARENT)),
      deadline: timeoutMs === undefined ? undefined : now() + timeoutMs,
      signal: timer ? AbortSignal.any([request.signal, timer.signal]) : request.signal,
      claims: request.header.get(CLAIMS) ?? undefined,
    };
    const named = request.stream
      ? { ...request, signal: call.signal, message: iterateInCall(call, request.message) }
      : { ...request, signal: call.signal };
    try {
      const answer = await untilAborted(
        runInCall(call, () => next(named)),
        call.signal,
      );
      answer.header.set(REQUEST_ID, call.requestId);
      if (answer.stream) return { ...answer, message: streamOf(call, answer.message, () => timer?.clear()) };
      timer?.clear();
      return answer;
    } catch (error) {
      timer?.clear();
      throw withRequestId(call, error);
    }
  };
}

async function* streamOf<T>(call: CallContext, source: AsyncIterable<T>, atEnd: () => void): AsyncGenerator<T, void> {
  try {
    yield* renameErrors(iterateInCall(call, source), (error) => withRequestId(call, error));
  } finally {
    atEnd();
  }
}

function withRequestId(call: CallContext, error: unknown): ConnectError {
  const answer = ConnectError.from(error);
  answer.metadata.set(REQUEST_ID, call.requestId);
  return answer;
}

const UNITS: Record<string, number> = { H: 3_600_000, M: 60_000, S: 1000, m: 1, u: 1e-3, n: 1e-6 };

/** Connect's connect-timeout-ms or gRPC's grpc-timeout, in milliseconds. A malformed one was refused by connect-es before. */
export function timeoutFromHeaders(header: Headers): number | undefined {
  const connect = header.get("connect-timeout-ms");
  if (connect !== null && /^\d{1,10}$/.test(connect)) return Number(connect);
  const [, amount, unit] = /^(\d{1,8})([HMSmun])$/.exec(header.get("grpc-timeout") ?? "") ?? [];
  return amount === undefined || unit === undefined ? undefined : Number(amount) * (UNITS[unit] ?? 0);
}
