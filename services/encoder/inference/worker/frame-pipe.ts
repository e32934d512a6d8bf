import { readSync, writeSync } from "node:fs";
import { BodyReader } from "../body-file.ts";
import {
  decodeFrame,
  decodePrefix,
  encodeFrame,
  type Frame,
  FrameError,
  PREFIX_BYTES,
  type ReceivedFrame,
} from "../frames.ts";

/** Memory kept for the next frame; a larger one is read into memory of its own. */
const KEPT_BYTES = 64 * 2 ** 20;
const never = new Int32Array(new SharedArrayBuffer(4));

/**
 * Frames over a file descriptor, read and written synchronously: an inference process does one thing at a time, and to
 * wait in read(2) costs a fraction of what a stream does. The tensors of a frame are valid until the next is read.
 */
export class FramePipe {
  readonly #fd: number;
  readonly #prefix = new Uint8Array(PREFIX_BYTES);
  #kept = new Uint8Array(2 ** 16);
  #bodies: BodyReader | undefined;

  constructor(fd: number) {
    this.#fd = fd;
  }

  /** Where bodies lie that do not come through the pipe. */
  readBodiesFrom(path: string): void {
    this.#bodies = new BodyReader(path);
  }

  /**
   * Waits for the next frame; undefined when the other side has closed, or ended.
   * @throws FrameError when what comes is not a frame.
   */
  read(): ReceivedFrame | undefined {
    if (!this.#fill(this.#prefix)) return undefined;
    const prefix = decodePrefix(this.#prefix);
    const { headBytes, bodyBytes, region } = prefix;
    const bytes = this.#memory(headBytes + bodyBytes);
    if (region === 0) return this.#fill(bytes) ? decodeFrame(prefix, bytes) : undefined;
    if (!this.#fill(bytes.subarray(0, headBytes))) return undefined;
    if (!this.#bodies?.read(region, bytes.subarray(headBytes))) throw new FrameError(`no body in region ${region}`);
    return decodeFrame(prefix, bytes);
  }

  /** Returns when all is written; false when nobody reads any more. */
  write(frame: Frame): boolean {
    for (const chunk of encodeFrame(frame)) {
      for (let at = 0; at < chunk.length; ) {
        const written = untilPossible(() => writeSync(this.#fd, chunk, at, chunk.length - at));
        if (written === undefined) return false;
        at += written;
      }
    }
    return true;
  }

  #fill(bytes: Uint8Array): boolean {
    for (let at = 0; at < bytes.length; ) {
      const read = untilPossible(() => readSync(this.#fd, bytes, at, bytes.length - at, null));
      if (!read) return false;
      at += read;
    }
    return true;
  }

  #memory(bytes: number): Uint8Array {
    if (bytes > KEPT_BYTES) return new Uint8Array(bytes);
    if (bytes > this.#kept.length) this.#kept = new Uint8Array(Math.min(KEPT_BYTES, 2 * bytes));
    return this.#kept.subarray(0, bytes);
  }
}

/** The descriptor blocks, but a runtime may have it otherwise: then look again a millisecond later. */
function untilPossible(work: () => number): number | undefined {
  for (;;) {
    try {
      return work();
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === "EPIPE" || code === "ECONNRESET" || code === "EOF") return undefined;
      if (code !== "EAGAIN" && code !== "EINTR") throw error;
      if (code === "EAGAIN") Atomics.wait(never, 0, 0, 1);
    }
  }
}
