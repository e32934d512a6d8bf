import type { OutgoingHttpHeaders } from "node:http2";
import type { JsonWriteOptions } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { type Compression, compressionNegotiate, mergeNonProtocolHeaders } from "@connectrpc/connect/protocol";
import { codeToHttpStatus, errorToJsonBytes } from "@connectrpc/connect/protocol-connect";
import type { UnaryCall } from "./unary-call.ts";

/** What node:http2 sends. */
export interface UnaryAnswer {
  status: number;
  fields: OutgoingHttpHeaders;
  body: Uint8Array;
}

export interface AnswerOptions {
  compressions: Compression[];
  /** Smaller answers are sent as they are. */
  compressMinBytes: number;
  jsonOptions: Partial<JsonWriteOptions>;
}

/** The answer of a call that went well. */
export function messageAnswer(call: UnaryCall, body: Uint8Array): UnaryAnswer {
  const fields: OutgoingHttpHeaders = {
    ":status": 200,
    "content-type": call.header.get("content-type") ?? undefined,
  };
  return { status: 200, fields: withFieldsOf(call, fields, body), body };
}

/** The answer of a call that failed: Connect's JSON, the fields of the error beside those that the handler has set. */
export function errorAnswer(call: UnaryCall, reason: unknown, { jsonOptions }: AnswerOptions): UnaryAnswer {
  const error =
    reason instanceof ConnectError
      ? reason
      : new ConnectError("internal error", Code.Internal, undefined, undefined, reason);
  const status = codeToHttpStatus(error.code);
  const body = errorToJsonBytes(error, jsonOptions);
  const fields: OutgoingHttpHeaders = {
    ":status": status,
    "content-type": "application/json",
  };
  // What another service said in the headers of its error is not ours to say.
  if (!error.isWireError) mergeNonProtocolHeaders(call.responseHeader, error.metadata);
  return { status, fields: withFieldsOf(call, fields, body), body };
}

function withFieldsOf(call: UnaryCall, fields: OutgoingHttpHeaders, body: Uint8Array): OutgoingHttpHeaders {
  call.responseHeader.addTo(fields);
  call.trailerIfAny?.addTo(fields, "trailer-");
  fields["content-length"] = body.byteLength;
  return fields;
}

/** The same answer, compressed if the caller takes that and it is large enough. */
export async function compressed(call: UnaryCall, answer: UnaryAnswer, o: AnswerOptions): Promise<UnaryAnswer> {
  const { response } = compressionNegotiate(
    o.compressions,
    null,
    call.header.get("accept-encoding"),
    "accept-encoding",
  );
  if (!response) return answer;
  const body = await response.compress(answer.body);
  const fields = { ...answer.fields, "content-encoding": response.name, "content-length": body.byteLength };
  return { ...answer, fields, body };
}
