import type { DescMessage, Message } from "@bufbuild/protobuf";
import { createValidator, type Violation, violationsToProto } from "@bufbuild/protovalidate";
import type { Interceptor } from "@connectrpc/connect";
import { type FieldViolation, invalidArgument, invalidArguments } from "./errors.ts";

const validator = createValidator();

/**
 * Refuse requests, and messages of request streams, that break the rules of their proto (protovalidate).
 * The error is InvalidArgument, names every field, and carries google.rpc.BadRequest and buf.validate.Violations.
 */
export const validationInterceptor: Interceptor = (next) => async (request) => {
  const { input } = request.method;
  if (!request.stream) {
    validate(input, request.message);
    return next(request);
  }
  return next({ ...request, message: validateEach(input, request.message) } as typeof request);
};

/** Throw InvalidArgument unless `message` keeps the rules of its proto. `prefix` is put before each field path. */
export function validate(schema: DescMessage, message: Message, prefix = ""): void {
  const result = validator.validate(schema, message);
  if (result.kind === "valid") return;
  if (result.kind === "error") throw invalidArgument(prefix, result.error.message); // a rule could not be evaluated on this value
  const [value, desc] = violationsToProto(result.violations);
  throw invalidArguments(
    result.violations.map((violation) => fieldViolation(violation, prefix)),
    [{ desc, value }],
  );
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

function fieldViolation({ field, message }: Violation, prefix: string): FieldViolation {
  let path = "";
  for (const part of field) {
    if (part.kind === "field" || part.kind === "oneof") path += `${path ? "." : ""}${part.name}`;
    else if (part.kind === "list_sub") path += `[${part.index}]`;
    else if (part.kind === "map_sub") path += `[${JSON.stringify(String(part.key))}]`;
  }
  return { field: [prefix, path].filter(Boolean).join("."), description: message };
}
