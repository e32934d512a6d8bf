import {
  Code,
  ConnectError,
  type Interceptor,
  type StreamRequest,
  type StreamResponse,
  type UnaryRequest,
  type UnaryResponse,
} from "@connectrpc/connect";
import { currentCall } from "./context.ts";
import { deadlineExceeded } from "./errors.ts";
import type { Logger } from "./log.ts";
import { keepsRequest } from "./serve/lean/kept-request.ts";
import { renameErrors } from "./stream-errors.ts";

type Request = Pick<UnaryRequest | StreamRequest, "service" | "method" | "signal">;

/** Headers of an error that a caller may see; those of another service's answer (date, content-length, …) are not ours. */
const OWN_HEADERS = /^(retry-after|x-request-id|x-flashfit-.*)$/;

/**
 * What a handler throws becomes what a caller may see: a ConnectError as it is, an aborted signal as Canceled or
 * DeadlineExceeded, anything else as Internal with nothing but the request id, and the cause in our log.
 */
export function errorInterceptor(log: Logger): Interceptor {
  const translate = (error: unknown, { service, method, signal }: Request) => {
    const known = expectedError(error, signal);
    if (known) return withOwnHeaders(known);
    const name = `${service.typeName}/${method.name}`;
    log.error({ event: "handler_failed", method: name, err: error }, "a handler failed in a way nobody foresaw");
    const message = `internal error, request id ${currentCall()?.requestId}: the log of this service has the cause`;
    return new ConnectError(message, Code.Internal, undefined, undefined, error);
  };
  return keepsRequest((next) => async (request) => {
    try {
      const answer: UnaryResponse | StreamResponse = await next(request);
      if (!answer.stream) return answer;
      return { ...answer, message: renameErrors(answer.message, (error) => translate(error, request)) };
    } catch (error) {
      throw translate(error, request);
    }
  });
}

/** The error as a caller may know it; undefined for one that nobody foresaw. */
function expectedError(error: unknown, signal: AbortSignal): ConnectError | undefined {
  if (error instanceof ConnectError) return error;
  if (!signal.aborted || !(error instanceof Error)) return undefined;
  if (error !== signal.reason && error.name !== "AbortError" && error.name !== "TimeoutError") return undefined;
  if (signal.reason instanceof ConnectError) return signal.reason;
  if (signal.reason?.name === "TimeoutError") return deadlineExceeded("the deadline of the call has passed");
  return new ConnectError("the call was cancelled", Code.Canceled, undefined, undefined, error);
}

function withOwnHeaders(error: ConnectError): ConnectError {
  for (const name of [...error.metadata.keys()]) if (!OWN_HEADERS.test(name)) error.metadata.delete(name);
  return error;
}
