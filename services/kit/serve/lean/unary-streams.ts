import type { IncomingHttpHeaders, ServerHttp2Stream } from "node:http2";
import { AbortedTogether } from "./aborted-together.ts";
import { Exchange, type ExchangeOptions } from "./exchange.ts";
import type { UnaryMethod } from "./unary-method.ts";

/**
 * Takes a stream of node:http2 whose headers have come, and calls `closed` once it is closed; false: it is not for the lean
 * path, and `closed` will not be called.
 */
export type StreamTaker = (stream: ServerHttp2Stream, headers: IncomingHttpHeaders, closed: () => void) => boolean;

export interface UnaryStreamsOptions extends Omit<ExchangeOptions, "together"> {
  /** The method at a path; undefined where connect-es answers. */
  find(path: string): UnaryMethod | undefined;
  /** Aborted at the end of the process. */
  shutdown: AbortSignal;
}

/**
 * Unary calls over Connect, as they come between services: POST, binary or JSON, not compressed, on a stream of node:http2
 * itself. Everything else is left to connect-es.
 */
export function createUnaryStreams(options: UnaryStreamsOptions): StreamTaker {
  const exchange: ExchangeOptions = { ...options, together: new AbortedTogether(options.shutdown) };
  return (stream, headers, closed) => {
    const method = headers[":method"] === "POST" ? options.find(headers[":path"] ?? "") : undefined;
    if (!method) return false;
    const type = headers["content-type"];
    const isBinary = type === "application/proto";
    if (!isBinary && type !== "application/json") return false;
    const encoding = headers["content-encoding"];
    if (encoding !== undefined && encoding !== "identity") return false;
    if (!headers[":authority"] || headers.expect !== undefined) return false;
    new Exchange(stream, headers, method, isBinary, exchange).begin(closed);
    return true;
  };
}
