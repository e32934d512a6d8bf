import type { ConnectError } from "@connectrpc/connect";
import type { UniversalServerResponse } from "@connectrpc/connect/protocol";
import { codeToHttpStatus, errorToJsonBytes } from "@connectrpc/connect/protocol-connect";
import { setTrailerStatus } from "@connectrpc/connect/protocol-grpc";

/** What of a request tells its protocol. */
export interface RefusedRequest {
  method: string;
  header: Headers;
}

/**
 * Refuse a request before it reaches an RPC handler, in the protocol that it speaks:
 * gRPC and gRPC-Web get a trailers-only answer, everybody else `httpStatus` (default: Connect's for the code) with Connect's
 * JSON error. Details of the error, as when to come back, are in both.
 */
export function refusal(
  request: RefusedRequest,
  error: ConnectError,
  httpStatus = codeToHttpStatus(error.code),
): UniversalServerResponse {
  const contentType = request.header.get("content-type") ?? "";
  if (contentType.startsWith("application/grpc")) {
    return { status: 200, header: setTrailerStatus(new Headers({ "content-type": contentType }), error) };
  }
  return bytesResponse(request, httpStatus, { "content-type": "application/json" }, errorToJsonBytes(error, undefined));
}

/** An answer whose whole body is there. HEAD gets its headers only. */
export function bytesResponse(
  request: RefusedRequest,
  status: number,
  fields: Record<string, string>,
  body: Uint8Array,
): UniversalServerResponse {
  const header = new Headers({ ...fields, "content-length": String(body.byteLength) });
  return { status, header, ...(request.method === "HEAD" || status === 304 ? {} : { body: once(body) }) };
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  yield bytes as Uint8Array<ArrayBuffer>;
}
