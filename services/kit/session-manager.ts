import type { ClientHttp2Stream } from "node:http2";
import { PassThrough } from "node:stream";
import { Http2SessionManager } from "@connectrpc/connect-node";

/**
 * An HTTP/2 session manager whose streams are read from the first byte on.
 *
 * Deno's node:http2 client closes a stream before its buffered data was consumed ("premature close"); reading at once
 * avoids that. The buffer is bounded: past `maxBytes` the stream is destroyed instead of growing.
 */
export class EagerSessionManager extends Http2SessionManager {
  readonly #maxBytes: number;

  constructor(url: string, maxBytes: number, ...rest: SessionOptions) {
    super(url, ...rest);
    this.#maxBytes = maxBytes;
  }

  override async request(...args: Parameters<Http2SessionManager["request"]>): Promise<ClientHttp2Stream> {
    const stream = await super.request(...args);
    const buffer = new PassThrough({ highWaterMark: this.#maxBytes });
    stream.on("data", (chunk: Buffer) => {
      if (buffer.readableLength + chunk.byteLength > this.#maxBytes)
        stream.destroy(new Error(`more than ${this.#maxBytes} bytes wait to be read`));
      else buffer.write(chunk);
    });
    stream.once("end", () => buffer.end());
    buffer.on("error", () => {}); // whoever reads gets it from the iterator; nobody may be reading any more
    stream.once("error", (error) => buffer.destroy(error));
    stream.once("close", () => buffer.end());
    Object.defineProperty(stream, Symbol.asyncIterator, { value: () => buffer[Symbol.asyncIterator]() });
    return stream;
  }
}

type SessionOptions = ConstructorParameters<typeof Http2SessionManager> extends [unknown, ...infer Rest] ? Rest : never;
