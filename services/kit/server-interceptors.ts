import { randomUUID } from "node:crypto";
import { Code, ConnectError, type Interceptor, type StreamResponse, type UnaryResponse } from "@connectrpc/connect";
import { type CallContext, iterateInCall, runInCall } from "./context.ts";
import { deadlineExceeded } from "./errors.ts";
import { CLAIMS, REQUEST_ID, TRACEPARENT } from "./headers.ts";
import type { Logger } from "./log.ts";
import { childSpan } from "./trace-context.ts";

const ACCEPTABLE_ID = /^[\x21-\x7e]{1,128}$/;

/**
 * Give every call its context: request id, span, deadline, signal, claims. Handlers and the clients they use find it by themselves.
 *
 * A unary call whose deadline passes is answered DeadlineExceeded even if its handler does not listen to the signal;
 * without a deadline from the caller it gets `defaultTimeoutMs`. Streams get none by default.
 */
export function contextInterceptor(o: { defaultTimeoutMs: number; now?: () => number }): Interceptor {
  const now = o.now ?? Date.now;
  return (next) => async (request) => {
    const asked = timeoutFromHeaders(request.header);
    const timeoutMs = asked ?? (request.stream ? undefined : o.defaultTimeoutMs);
    const given = request.header.get(REQUEST_ID);
    const timer = timeoutMs === undefined ? undefined : startTimer(timeoutMs);
    const call: CallContext = {
      requestId: given && ACCEPTABLE_ID.test(given) ? given : randomUUID(),
      traceparent: childSpan(request.header.get(TRACEPARENT)),
      deadline: timeoutMs === undefined ? undefined : now() + timeoutMs,
      signal: timer ? AbortSignal.any([request.signal, timer.signal]) : request.signal,
      claims: request.header.get(CLAIMS) ?? undefined,
    };
    try {
      if (!request.stream) {
        const answer = await runInCall(call, () => raceSignal(next({ ...request, signal: call.signal }), call.signal));
        answer.header.set(REQUEST_ID, call.requestId);
        return answer;
      }
      const message = iterateInCall(call, request.message);
      const answer = await runInCall(call, () => next({ ...request, message, signal: call.signal } as typeof request));
      answer.header.set(REQUEST_ID, call.requestId);
      return answer.stream ? { ...answer, message: iterateInCall(call, answer.message) } : answer;
    } catch (error) {
      const answer = ConnectError.from(error);
      answer.metadata.set(REQUEST_ID, call.requestId);
      throw answer;
    } finally {
      if (!request.stream) timer?.clear();
    }
  };
}

/**
 * What a handler throws becomes what a caller may see: a ConnectError as it is, an aborted signal as Canceled or
 * DeadlineExceeded, anything else as Internal with nothing but the request id, and the cause in our log.
 */
export function errorInterceptor(log: Logger): Interceptor {
  return (next) => async (request) => {
    const method = `${request.service.typeName}/${request.method.name}`;
    const translate = (error: unknown) => {
      const known = knownError(error, request.signal);
      if (known) return known;
      log.error({ event: "handler_failed", method, err: error }, "a handler failed in a way nobody foresaw");
      return new ConnectError(
        "internal error; the log of this service has the cause under this request id",
        Code.Internal,
        undefined,
        undefined,
        error,
      );
    };
    try {
      const answer: UnaryResponse | StreamResponse = await next(request);
      return answer.stream ? { ...answer, message: translateErrors(answer.message, translate) } : answer;
    } catch (error) {
      throw translate(error);
    }
  };
}

function knownError(error: unknown, signal: AbortSignal): ConnectError | undefined {
  if (error instanceof ConnectError) return error;
  if (signal.aborted && signal.reason instanceof ConnectError) return signal.reason;
  if (error instanceof Error && error.name === "TimeoutError")
    return deadlineExceeded("the deadline of the call has passed");
  if (error instanceof Error && error.name === "AbortError")
    return new ConnectError("the call was cancelled", Code.Canceled);
  return undefined;
}

async function* translateErrors<T>(
  source: AsyncIterable<T>,
  translate: (error: unknown) => unknown,
): AsyncGenerator<T, void> {
  try {
    yield* source;
  } catch (error) {
    throw translate(error);
  }
}

function raceSignal<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    if (signal.aborted) onAbort();
    signal.addEventListener("abort", onAbort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
}

function startTimer(ms: number): { signal: AbortSignal; clear(): void } {
  const controller = new AbortController();
  const timer = setTimeout(
    () => controller.abort(deadlineExceeded("the deadline of the call has passed")),
    Math.min(ms, 2 ** 31 - 1),
  );
  timer.unref();
  return { signal: controller.signal, clear: () => clearTimeout(timer) };
}

const UNITS: Record<string, number> = { H: 3_600_000, M: 60_000, S: 1000, m: 1, u: 1e-3, n: 1e-6 };

/** Connect's connect-timeout-ms or gRPC's grpc-timeout, in milliseconds. A malformed one was refused by connect-es before. */
export function timeoutFromHeaders(header: Headers): number | undefined {
  const connect = header.get("connect-timeout-ms");
  if (connect !== null && /^\d{1,10}$/.test(connect)) return Number(connect);
  const [, amount, unit] = /^(\d{1,8})([HMSmun])$/.exec(header.get("grpc-timeout") ?? "") ?? [];
  return amount === undefined || unit === undefined ? undefined : Number(amount) * (UNITS[unit] ?? 0);
}
