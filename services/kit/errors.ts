import { create, type DescMessage, type MessageInitShape } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { BadRequestSchema, RetryInfoSchema } from "../../gen/google/rpc/error_details_pb.ts";

/** One field of a request that breaks a rule. */
export interface FieldViolation {
  /** Path from the request: `items[3].embeddings[1].vector`. */
  field: string;
  /** What was wrong, what was expected, what to do. */
  description: string;
}

/** InvalidArgument about one field, with a google.rpc.BadRequest detail. */
export function invalidArgument(field: string, description: string): ConnectError {
  return invalidArguments([{ field, description }]);
}

/** InvalidArgument about several fields at once. `extra` details are added behind the BadRequest. */
export function invalidArguments(
  violations: FieldViolation[],
  extra: { desc: DescMessage; value: MessageInitShape<DescMessage> }[] = [],
): ConnectError {
  const message = violations
    .map(({ field, description }) => (field ? `${field}: ${description}` : description))
    .join("; ");
  const badRequest = { desc: BadRequestSchema, value: create(BadRequestSchema, { fieldViolations: violations }) };
  return new ConnectError(message, Code.InvalidArgument, undefined, [badRequest, ...extra]);
}

/** NotFound: `what` says what was looked for, and what there is instead if that helps. */
export function notFound(what: string): ConnectError {
  return new ConnectError(what, Code.NotFound);
}

/** AlreadyExists: the name is taken by something else. */
export function alreadyExists(what: string): ConnectError {
  return new ConnectError(what, Code.AlreadyExists);
}

/** FailedPrecondition: the call is right, the state is not; repeating it alone does not help. */
export function failedPrecondition(what: string): ConnectError {
  return new ConnectError(what, Code.FailedPrecondition);
}

/** ResourceExhausted; with `retryAfterMs` a google.rpc.RetryInfo detail says when to come back. */
export function resourceExhausted(what: string, retryAfterMs?: number): ConnectError {
  if (retryAfterMs === undefined) return new ConnectError(what, Code.ResourceExhausted);
  const seconds = Math.floor(retryAfterMs / 1000);
  const retryDelay = { seconds: BigInt(seconds), nanos: Math.round((retryAfterMs - seconds * 1000) * 1e6) };
  const headers = { "retry-after": String(Math.max(1, Math.ceil(retryAfterMs / 1000))) };
  return new ConnectError(what, Code.ResourceExhausted, headers, [{ desc: RetryInfoSchema, value: { retryDelay } }]);
}

/**
 * What `make` gives, with no stack in the errors that it makes. Who refuses most of what comes says so by errors that nobody
 * debugs, and to gather their stacks is a good part of what a refusal costs.
 */
export function withoutStack<T>(make: () => T): T {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    return make();
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

/** Unavailable: something that is needed is away just now. The cause stays in our log. */
export function unavailable(what: string, cause?: unknown): ConnectError {
  return new ConnectError(what, Code.Unavailable, undefined, undefined, cause);
}

/** DeadlineExceeded: the caller's time is over. */
export function deadlineExceeded(what: string): ConnectError {
  return new ConnectError(what, Code.DeadlineExceeded);
}
