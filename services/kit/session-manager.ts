import { type ClientHttp2Stream, constants, type Http2Session } from "node:http2";
import { PassThrough } from "node:stream";
import { Code, ConnectError } from "@connectrpc/connect";
import { Http2SessionManager } from "@connectrpc/connect-node";

/**
 * An HTTP/2 session manager whose streams are read from the first byte on, and that writes nothing where there is nothing.
 *
 * Deno's node:http2 client closes a stream before its buffered data was consumed ("premature close"), and Node since 24.20 says so of
 * an answer that came whole before somebody read it (nodejs/node#65677); reading at once avoids both. The buffer is bounded: past `maxBytes` the stream is destroyed instead of growing.
 *
 * A connection that is lost is Unavailable. Node closes its streams with CANCEL, which connect-es takes for a
 * cancellation, or, after a GOAWAY, without any error, which connect-es waits for until the deadline.
 *
 * A connection that nobody uses any more may end in whatever way it likes. Of one that got a GOAWAY while nothing was under way node
 * tells the error only when its socket has closed; a request that came before that has connect-es forget it, with its listeners,
 * and the process would end (connectrpc/connect-es#1768).
 */
export class EagerSessionManager extends Http2SessionManager {
  readonly #maxBytes: number;
  /** The last one that a stream was on; it has a listener for its error. */
  #session: Http2Session | undefined;

  constructor(url: string, maxBytes: number, ...rest: SessionOptions) {
    super(url, ...rest);
    this.#maxBytes = maxBytes;
  }

  /** A stream as node makes it, for somebody who reads it at once and writes nothing where there is nothing. */
  async plainRequest(...args: Parameters<Http2SessionManager["request"]>): Promise<ClientHttp2Stream> {
    const stream = await super.request(...args);
    const { session } = stream; // none: the stream has ended already
    if (session && session !== this.#session) {
      session.on("error", () => {}); // whoever waits for an answer gets it from connect-es or the stream
      this.#session = session;
    }
    return stream;
  }

  override async request(...args: Parameters<Http2SessionManager["request"]>): Promise<ClientHttp2Stream> {
    const stream = await this.plainRequest(...args);
    skipEmptyWrites(stream);
    const buffer = new PassThrough({ highWaterMark: this.#maxBytes });
    // The length of the answer is known as soon as it has begun. Deno tells of that after the first bytes of it.
    let announced = Number.POSITIVE_INFINITY;
    let received = 0;
    stream.once("response", (headers) => {
      announced = Number(headers["content-length"] ?? 0);
    });
    stream.on("data", (chunk: Buffer) => {
      received += chunk.byteLength;
      if (buffer.readableLength + chunk.byteLength > this.#maxBytes)
        stream.destroy(new Error(`more than ${this.#maxBytes} bytes wait to be read`));
      else buffer.write(chunk);
    });
    // Node also ends a stream that was cut; the end of an answer that announced its length must be the real one.
    stream.once("end", () => received >= announced && buffer.end());
    buffer.on("error", () => {}); // whoever reads gets it from the iterator; nobody may be reading any more
    stream.on("error", (error) => buffer.destroy(error));
    stream.once("close", () => {
      const lost = stream.rstCode === constants.NGHTTP2_CANCEL || (!stream.rstCode && received < announced);
      // If the call was cancelled here, connect-es knows that already and does not listen any more.
      if (lost) stream.emit("error", connectionLost());
      else buffer.end();
    });
    Object.defineProperty(stream, Symbol.asyncIterator, { value: () => buffer[Symbol.asyncIterator]() });
    return stream;
  }
}

/**
 * Several requests at once with an empty message each stay without an end on Bun 1.4 over TLS: after the write of an empty
 * chunk `end` sends no END_STREAM. Without that write it does.
 */
function skipEmptyWrites(stream: ClientHttp2Stream): void {
  const write = stream.write.bind(stream) as (...args: unknown[]) => boolean;
  const writeSome = (chunk: Uint8Array | string, ...rest: unknown[]) => {
    if (chunk.length > 0) return write(chunk, ...rest);
    const written = rest.at(-1);
    if (typeof written === "function") queueMicrotask(() => written());
    return true;
  };
  Object.defineProperty(stream, "write", { value: writeSome });
}

/** What a call ends with whose connection was lost. */
export function connectionLost(): ConnectError {
  return new ConnectError("the connection was lost before the answer was complete", Code.Unavailable);
}

type SessionOptions = ConstructorParameters<typeof Http2SessionManager> extends [unknown, ...infer Rest] ? Rest : never;
