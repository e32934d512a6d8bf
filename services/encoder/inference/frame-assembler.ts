import { decodeFrame, decodePrefix, FrameError, type FramePrefix, PREFIX_BYTES, type ReceivedFrame } from "./frames.ts";

/** Puts frames together from the chunks of a stream. Each frame gets its own memory, which its tensors are views on. */
export class FrameAssembler {
  #prefix: FramePrefix | undefined;
  #bytes = new Uint8Array(PREFIX_BYTES);
  #filled = 0;

  /**
   * The frames that a chunk completes, in order. The chunk may be reused afterwards.
   * @throws FrameError when the stream is not one of frames; it is of no use from then on.
   */
  push(chunk: Uint8Array): ReceivedFrame[] {
    const frames: ReceivedFrame[] = [];
    for (let at = 0; at < chunk.length; ) {
      const part = chunk.subarray(at, at + this.#bytes.length - this.#filled);
      this.#bytes.set(part, this.#filled);
      this.#filled += part.length;
      at += part.length;
      if (this.#filled < this.#bytes.length) break;
      const frame = this.#complete();
      if (frame) frames.push(frame);
    }
    return frames;
  }

  #complete(): ReceivedFrame | undefined {
    const bytes = this.#bytes;
    const prefix = this.#prefix;
    this.#filled = 0;
    if (!prefix) {
      this.#prefix = decodePrefix(bytes);
      if (this.#prefix.region > 0) throw new FrameError("an inference process has no file of bodies to write to");
      this.#bytes = new Uint8Array(this.#prefix.headBytes + this.#prefix.bodyBytes);
      return undefined;
    }
    this.#prefix = undefined;
    this.#bytes = new Uint8Array(PREFIX_BYTES);
    return decodeFrame(prefix, bytes);
  }
}
