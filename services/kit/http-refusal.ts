import type { Code, ConnectError } from "@connectrpc/connect";
import type { UniversalServerResponse } from "@connectrpc/connect/protocol";
import { codeToString, errorToJsonBytes } from "@connectrpc/connect/protocol-connect";

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
  const body = errorToJsonBytes(error, undefined);
  const header = new Headers({ "content-type": "application/json", "content-length": String(body.byteLength) });
  return { status: httpStatus, header, ...(request.method === "HEAD" ? {} : { body: once(body) }) };
}

/** A JSON answer. */
export function jsonResponse(request: RefusedRequest, status: number, value: unknown): UniversalServerResponse {
  const body = new TextEncoder().encode(`${JSON.stringify(value)}\n`);
  const header = new Headers({
    "content-type": "application/json",
    "content-length": String(body.byteLength),
    "cache-control": "no-store",
  });
  return { status, header, ...(request.method === "HEAD" ? {} : { body: once(body) }) };
}

/** The name of a code as the Connect protocol writes it: "invalid_argument". */
export const codeName = (code: Code): string => codeToString(code);

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  yield bytes as Uint8Array<ArrayBuffer>;
}
