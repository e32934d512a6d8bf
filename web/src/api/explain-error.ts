import { Code, ConnectError } from "@connectrpc/connect";
import { BadRequestSchema } from "../../../gen/google/rpc/error_details_pb.ts";

/** An error as a person reads it. */
export interface Explained {
  title: string;
  /** The server's own words; empty: it said nothing that helps. */
  detail: string;
  /** Whether the same thing may go well later. */
  temporary: boolean;
}

/** Title by code, for what a shopper can meet. */
const TITLES = new Map<Code, string>([
  [Code.InvalidArgument, "This cannot be used as it is"],
  [Code.NotFound, "This is not here"],
  [Code.AlreadyExists, "This is there already"],
  [Code.PermissionDenied, "This is not allowed"],
  [Code.Unauthenticated, "Please sign in"],
  [Code.ResourceExhausted, "Too much at once"],
  [Code.Unavailable, "A part of FlashFit is away"],
  [Code.DeadlineExceeded, "This took too long"],
  [Code.Unimplemented, "This server cannot do that yet"],
  [Code.Canceled, "Stopped"],
]);

const TEMPORARY: readonly Code[] = [
  Code.ResourceExhausted,
  Code.Unavailable,
  Code.DeadlineExceeded,
  Code.Aborted,
  Code.Internal,
  Code.Unknown,
  Code.Canceled,
];

/** What went wrong, in words, from any error that a call can end with. */
export function explainError(cause: unknown): Explained {
  if (isOutOfReach(cause)) {
    return { title: "FlashFit cannot be reached", detail: "Check the connection to the server.", temporary: true };
  }
  const error = ConnectError.from(cause);
  return {
    title: TITLES.get(error.code) ?? "Something went wrong",
    detail: fieldWords(error) || error.rawMessage,
    temporary: TEMPORARY.includes(error.code),
  };
}

/** Whether no answer came at all: fetch itself failed. */
export function isOutOfReach(cause: unknown): boolean {
  return cause instanceof TypeError || (cause instanceof ConnectError && cause.cause instanceof TypeError);
}

/** "photo: is a broken jpeg file; k: must be at most 100". */
function fieldWords(error: ConnectError): string {
  return error
    .findDetails(BadRequestSchema)
    .flatMap(({ fieldViolations }) => fieldViolations)
    .map(({ field, description }) => [lastPart(field), description].filter(Boolean).join(" "))
    .join("; ");
}

/** `garment.photo` → "photo": the way there means nothing to who reads it. */
function lastPart(field: string): string {
  return field.split(".").at(-1) ?? "";
}
