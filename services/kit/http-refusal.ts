import type { ConnectError } from "@connectrpc/connect";
import type { UniversalServerResponse } from "@connectrpc/connect/protocol";
import { errorToJsonBytes } from "@connectrpc/connect/protocol-connect";

/** What of a request tells its protocol. */
export interface RefusedRequest {
  method: string;
  header: Headers;
}

/**
 * Refuse a request before it reaches an RPC handler, in the protocol that it speaks:
 * gRPC and gRPC-Web get a trailers-only answer, everybody else `httpStatus` with Connect's JSON error.
 */
export function refusal(request: RefusedRequest, error: ConnectError, httpStatus: number): UniversalServerResponse {
  const contentType = request.header.get("content-type") ?? "";
  if (contentType.startsWith("application/grpc")) {
    const header = new Headers({
      "content-type": contentType,
      "grpc-status": String(error.code),
      "grpc-message": encodeURIComponent(error.rawMessage),
    });
    return { status: 200, header };
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
