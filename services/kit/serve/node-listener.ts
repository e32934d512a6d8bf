import type { EventEmitter } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Http2ServerRequest, Http2ServerResponse } from "node:http2";
import { constants } from "node:http2";
import type { TLSSocket } from "node:tls";
import { Code, ConnectError } from "@connectrpc/connect";
import { universalRequestFromNodeRequest, universalResponseToNodeResponse } from "@connectrpc/connect-node";
import { refusal } from "../http-refusal.ts";
import type { ListenOptions } from "./listening.ts";
import { peerRefusal, peerUris } from "./peer.ts";
import { RequestBody } from "./request-body.ts";

type NodeRequest = IncomingMessage | Http2ServerRequest;
type NodeResponse = ServerResponse | Http2ServerResponse;

/** How long a caller may take to notice that its call is over before its half of the stream is closed. */
const HALF_OPEN_MS = 2_000;

/** A request listener for node:http, node:https and node:http2. */
export function createNodeListener(options: ListenOptions): (request: NodeRequest, response: NodeResponse) => void {
  return (request, response) => {
    // Without a listener, an error of a broken connection would end the process.
    for (const stream of [request, response] as EventEmitter[]) stream.on("error", () => {});
    answer(request, response, options).catch((error: unknown) => {
      if (ConnectError.from(error).code === Code.Aborted || ConnectError.from(error).code === Code.Canceled) return;
      options.log?.warn({ event: "answer_failed", path: request.url, err: error }, "could not write an answer");
      if (!response.headersSent) response.statusCode = 500;
      response.end();
    });
  };
}

async function answer(
  request: NodeRequest,
  response: NodeResponse,
  { dispatch, limits, tls, draining }: ListenOptions,
): Promise<void> {
  if (!request.headers.host && !request.headers[":authority"]) {
    response.statusCode = 400;
    response.end("the request names no host\n");
    return;
  }
  const body = new RequestBody(request, limits.maxDiscardBytes);
  const universal = { ...universalRequestFromNodeRequest(request, response, undefined, undefined), body };
  const refused = tls?.peerId === undefined ? undefined : peerRefusal(peerUris(tlsSocketOf(request)), tls.peerId);
  const answered = refused ? refusal(universal, refused, 403) : await dispatch(universal);
  if (draining() && request.httpVersionMajor === 1) answered.header = withClose(answered.header);
  await universalResponseToNodeResponse(answered, response);
  await finishRequest(request, body);
}

/** Let the caller finish its half; if it does not, tell it to stop without spoiling the answer it got. */
async function finishRequest(request: NodeRequest, body: RequestBody): Promise<void> {
  const timer = setTimeout(() => closeHalf(request), HALF_OPEN_MS);
  const complete = await body.discard();
  clearTimeout(timer);
  if (!complete) closeHalf(request);
}

function closeHalf(request: NodeRequest): void {
  if ("stream" in request) request.stream.close(constants.NGHTTP2_NO_ERROR);
  else request.socket.destroy();
}

function tlsSocketOf(request: NodeRequest): TLSSocket {
  return ("stream" in request ? request.stream.session?.socket : request.socket) as TLSSocket;
}

function withClose(header: ConstructorParameters<typeof Headers>[0]): Headers {
  const closing = new Headers(header);
  closing.set("connection", "close");
  return closing;
}
