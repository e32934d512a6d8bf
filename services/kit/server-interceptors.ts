import { randomUUID } from "node:crypto";
import { ConnectError, type Interceptor } from "@connectrpc/connect";
import { type CallContext, iterateInCall, runInCall, untilAborted } from "./context.ts";
import { deadlineSignal } from "./deadline.ts";
import { CLAIMS, REQUEST_ID, TRACEPARENT } from "./headers.ts";
import { keepsRequest } from "./serve/lean/kept-request.ts";
import { UnaryCall } from "./serve/lean/unary-call.ts";
import { renameErrors } from "./stream-errors.ts";
import { childSpan } from "./trace-context.ts";

export { errorInterceptor } from "./error-mapping.ts";

type Next = Parameters<Interceptor>[0];

const ACCEPTABLE_ID = /^[\x21-\x7e]{1,128}$/;

function acceptableId(given: string | null): string {
  return given && ACCEPTABLE_ID.test(given) ? given : randomUUID();
}

/**
 * Give every call its context: request id, span, deadline, signal, claims. Handlers and the clients they use find it by themselves.
 *
 * A call whose deadline passes is answered DeadlineExceeded even if its handler does not listen to the signal.
 * A unary call without a deadline from the caller gets `defaultTimeoutMs`; a stream gets none.
 */
export function contextInterceptor(o: { defaultTimeoutMs: number; now?: () => number }): Interceptor {
  const now = o.now ?? Date.now;
  return keepsRequest((next) => {
    const answer = answerIn(o.defaultTimeoutMs, next, now);
    const lean = answerLean(o.defaultTimeoutMs, next, now);
    return (request) => (request instanceof UnaryCall ? lean(request) : answer(request));
  });
}

function answerIn(defaultTimeoutMs: number, next: Next, now: () => number): Next {
  return async (request) => {
    const timeoutMs = timeoutFromHeaders(request.header) ?? (request.stream ? undefined : defaultTimeoutMs);
    const timer =
      timeoutMs === undefined ? undefined : deadlineSignal(timeoutMs, "the deadline of the call has passed");
    const call: CallContext = {
      requestId: acceptableId(request.header.get(REQUEST_ID)),
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

/** The context of a lean call, which makes its signal and its span when it is asked for them. */
class LeanContext implements CallContext {
  readonly requestId: string;
  readonly deadline: number;
  readonly #request: UnaryCall;
  #traceparent: string | undefined;

  constructor(request: UnaryCall, deadline: number) {
    this.requestId = acceptableId(request.header.get(REQUEST_ID));
    this.deadline = deadline;
    this.#request = request;
  }

  get traceparent(): string {
    this.#traceparent ??= childSpan(this.#request.header.get(TRACEPARENT));
    return this.#traceparent;
  }

  get claims(): string | undefined {
    return this.#request.header.get(CLAIMS) ?? undefined;
  }

  get signal(): AbortSignal {
    return this.#request.signal;
  }
}

/** The same for a call that has its own limit and signal. */
function answerLean(defaultTimeoutMs: number, next: Next, now: () => number) {
  return async (request: UnaryCall) => {
    const timeoutMs = timeoutFromHeaders(request.header) ?? defaultTimeoutMs;
    request.limit(timeoutMs);
    const call = new LeanContext(request, now() + timeoutMs);
    try {
      const answer = await request.untilAborted(runInCall(call, () => next(request)));
      answer.header.set(REQUEST_ID, call.requestId);
      return answer;
    } catch (error) {
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
