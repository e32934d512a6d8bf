import { Code, ConnectError, type Interceptor } from "@connectrpc/connect";
import { renameErrors } from "./stream-errors.ts";

/** Codes that connect-es gives to what happened to a connection, besides those that are right. */
const MISTAKEN = [Code.Internal, Code.Aborted, Code.Canceled, Code.Unknown];

/**
 * A connection that broke is Unavailable: connect-es says Aborted, Canceled or Internal, as if the other service had
 * answered so. What the other service did answer, and what was cancelled here, passes as it is.
 */
export const connectionErrors: Interceptor = (next) => async (request) => {
  const named = (error: unknown) => (request.signal.aborted ? error : asUnavailable(error));
  try {
    const answer = await next(request);
    return answer.stream ? { ...answer, message: renameErrors(answer.message, named) } : answer;
  } catch (error) {
    throw named(error);
  }
};

/** The error itself, unless it tells of a broken connection. */
export function asUnavailable(error: unknown): unknown {
  if (!(error instanceof ConnectError) || !MISTAKEN.includes(error.code)) return error;
  const reset = error.rawMessage.startsWith("http/2 stream closed with error code");
  if (!reset && !causedByNode(error.cause)) return error;
  const message = `the connection to the other service broke: ${error.rawMessage}`;
  return new ConnectError(message, Code.Unavailable, undefined, undefined, error);
}

/** Errors of node's net, tls and http2 carry a name such as ECONNRESET as their code. */
function causedByNode(cause: unknown): boolean {
  if (!(cause instanceof Error)) return false;
  return ("code" in cause && typeof cause.code === "string") || causedByNode(cause.cause);
}
