import { create, type DescMessage, type DescService, type Message } from "@bufbuild/protobuf";
import { CompilationError, createValidator, type Violation, violationsToProto } from "@bufbuild/protovalidate";
import type { Interceptor } from "@connectrpc/connect";
import { type FieldViolation, invalidArgument, invalidArguments } from "./errors.ts";
import { keepsRequest } from "./serve/lean/kept-request.ts";
import { shownValue, valueAt } from "./violation-value.ts";

const validator = createValidator();

/** More would not fit into the trailers of a gRPC answer, and nobody reads them. */
const MOST_VIOLATIONS = 16;

/**
 * Refuse requests, and messages of request streams, that break the rules of their proto (protovalidate).
 * The error is InvalidArgument, names every field (at most 16), and carries google.rpc.BadRequest and buf.validate.Violations.
 */
export const validationInterceptor: Interceptor = keepsRequest((next) => (request) => {
  const { input } = request.method;
  if (request.stream) return next({ ...request, message: validateEach(input, request.message) } as typeof request);
  try {
    validate(input, request.message);
  } catch (error) {
    return Promise.reject(error);
  }
  return next(request);
});

/**
 * Compile the rules of all requests of `services`: a start is the time to learn that a rule is wrong, and the first
 * call of each method does not pay for it. Throws CompilationError.
 */
export function prepareValidation(services: DescService[]): void {
  for (const { input } of services.flatMap(({ methods }) => methods)) {
    const result = validator.validate(input, create(input));
    if (result.error instanceof CompilationError) throw result.error;
  }
}

/** Throw InvalidArgument unless `message` keeps the rules of its proto. `prefix` is put before each field path. */
export function validate(schema: DescMessage, message: Message, prefix = ""): void {
  const result = validator.validate(schema, message);
  if (result.kind === "valid") return;
  if (result.kind === "error") {
    if (result.error instanceof CompilationError) throw result.error;
    throw invalidArgument(prefix, result.error.message); // a rule could not be evaluated on this value
  }
  const shown = result.violations.slice(0, MOST_VIOLATIONS);
  const violations = shown.map((violation) => fieldViolation(violation, message, prefix));
  const hidden = result.violations.length - shown.length;
  if (hidden > 0) violations.push({ field: prefix, description: `and ${hidden} more fields break a rule` });
  const [value, desc] = violationsToProto(shown);
  throw invalidArguments(violations, [{ desc, value }]);
}

async function* validateEach<T extends Message>(
  schema: DescMessage,
  messages: AsyncIterable<T>,
): AsyncGenerator<T, void> {
  for await (const message of messages) {
    validate(schema, message);
    yield message;
  }
}

function fieldViolation(violation: Violation, message: Message, prefix: string): FieldViolation {
  let path = "";
  for (const part of violation.field) {
    if (part.kind === "field" || part.kind === "oneof") path += `${path ? "." : ""}${part.name}`;
    else if (part.kind === "list_sub") path += `[${part.index}]`;
    else if (part.kind === "map_sub") path += `[${JSON.stringify(String(part.key))}]`;
  }
  const got = shownValue(valueAt(message, violation.field));
  const description = got === undefined ? violation.message : `${violation.message} (got ${got})`;
  return { field: [prefix, path].filter(Boolean).join("."), description };
}
