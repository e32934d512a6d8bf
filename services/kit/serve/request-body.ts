type Body = AsyncIterable<Uint8Array<ArrayBuffer>>;

/**
 * The body of a request whose reader may stop early without breaking the connection.
 *
 * A plain `for await` destroys the request when its loop is left, as after "message is larger than the limit". Over
 * HTTP/1.1 that closes the socket under the answer. Over HTTP/2 it stops reading for good: the caller's flow control
 * window stays full, it waits for room to send the rest, and neither side ever finishes. So the rest of a refused body
 * is read and thrown away, up to a limit, while the answer is written.
 */
export class RequestBody implements Body {
  readonly #chunks: AsyncIterator<Uint8Array<ArrayBuffer>>;
  readonly #maxDiscardBytes: number;
  #pending: Promise<unknown> = Promise.resolve();
  #ended = false;
  #discarding: Promise<boolean> | undefined;

  /** `chunks` is never told to stop (`return`), only read. */
  constructor(chunks: AsyncIterable<unknown>, maxDiscardBytes: number) {
    this.#chunks = (chunks as Body)[Symbol.asyncIterator]();
    this.#maxDiscardBytes = maxDiscardBytes;
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array<ArrayBuffer>> {
    const stop = async () => {
      void this.discard();
      return { done: true as const, value: undefined };
    };
    return { next: () => this.#next(), return: stop, throw: stop };
  }

  /** Read what is left and forget it. True once the caller has sent all; false if it went away or sent too much. */
  discard(): Promise<boolean> {
    this.#discarding ??= this.#discard();
    return this.#discarding;
  }

  async #discard(): Promise<boolean> {
    await this.#pending.catch(() => {});
    let bytes = 0;
    try {
      while (!this.#ended && bytes <= this.#maxDiscardBytes) {
        const chunk = await this.#chunks.next();
        if (chunk.done) this.#ended = true;
        else bytes += chunk.value.byteLength;
      }
    } catch {
      return false; // the caller went away: the connection reports that itself
    }
    return this.#ended;
  }

  #next(): Promise<IteratorResult<Uint8Array<ArrayBuffer>>> {
    if (this.#discarding) return Promise.resolve({ done: true, value: undefined });
    const next = this.#chunks.next();
    this.#pending = next;
    return next.then((chunk) => {
      if (chunk.done) this.#ended = true;
      return chunk;
    });
  }
}
