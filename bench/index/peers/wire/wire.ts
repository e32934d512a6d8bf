/**
 * One connection's protocol as bytes: what is sent is ready before the clock starts, and an answer is only looked at as far as
 * its end, so that every server meets the same small client.
 */
export interface Wire {
  /** Sent before the first request, each when the one before is answered. */
  readonly opening: Buffer[];
  /** A request in the protocol's frame. */
  frame(payload: Uint8Array): Buffer;
  /** What must be different in each request is written into it just before it is sent. */
  stamp?(frame: Buffer): void;
  /**
   * Takes what arrived.
   *
   * @param send for what the protocol wants answered at once
   * @returns the whole answer once it is there
   * @throws if the server refuses
   */
  read(chunk: Buffer, send: (bytes: Buffer) => void): Buffer | undefined;
}

/** What was read of something that comes in pieces. */
export class Pieces {
  bytes: Buffer = Buffer.alloc(0);

  add(chunk: Buffer): Buffer {
    this.bytes = this.bytes.length === 0 ? chunk : Buffer.concat([this.bytes, chunk]);
    return this.bytes;
  }

  /** Everything so far, which then is no longer here. */
  take(): Buffer {
    const { bytes } = this;
    this.bytes = Buffer.alloc(0);
    return bytes;
  }
}
