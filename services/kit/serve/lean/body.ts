import { Code, ConnectError } from "@connectrpc/connect";

/**
 * Gathers a request's body of at most `maxBytes`, in one piece of the announced length if there is one. It is a copy: what
 * node:http2 gives are parts of the memory that it read many calls into, and the bytes in a message are parts of this.
 */
export class Body {
  readonly #maxBytes: number;
  readonly #announced: number | undefined;
  #received = 0;
  #whole: Uint8Array | undefined;
  #chunks: Uint8Array[] = [];

  /** @throws ConnectError ResourceExhausted when more is announced than is allowed. */
  constructor(contentLength: string | undefined, maxBytes: number) {
    this.#maxBytes = maxBytes;
    this.#announced =
      contentLength !== undefined && /^\d{1,15}$/.test(contentLength) ? Number(contentLength) : undefined;
    if (this.#announced !== undefined && this.#announced > maxBytes) throw tooLarge(`${this.#announced} `, maxBytes);
  }

  /** @throws ConnectError when it is more than was announced, or allowed. */
  add(chunk: Uint8Array): void {
    const before = this.#received;
    this.#received += chunk.byteLength;
    if (this.#announced === undefined) {
      if (this.#received > this.#maxBytes) throw tooLarge("", this.#maxBytes);
      this.#chunks.push(chunk);
      return;
    }
    if (this.#received > this.#announced) throw this.#broken();
    this.#whole ??= new Uint8Array(this.#announced);
    this.#whole.set(chunk, before);
  }

  /** @throws ConnectError InvalidArgument when it is less than was announced. */
  bytes(): Uint8Array {
    if (this.#announced !== undefined) {
      if (this.#received < this.#announced) throw this.#broken();
      return this.#whole ?? new Uint8Array();
    }
    return inOnePiece(this.#chunks, this.#received);
  }

  #broken(): ConnectError {
    const message = `protocol error: promised ${this.#announced} bytes, received ${this.#received}`;
    return new ConnectError(message, Code.InvalidArgument);
  }
}

/** A copy of pieces of `length` bytes in all, with memory of its own. */
export function inOnePiece(chunks: readonly Uint8Array[], length: number): Uint8Array {
  const whole = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.byteLength;
  }
  return whole;
}

/** @param size empty, or how large it is and a space */
export function tooLarge(size: string, maxBytes: number): ConnectError {
  const message = `message size ${size}is larger than configured readMaxBytes ${maxBytes}`;
  return new ConnectError(message, Code.ResourceExhausted);
}
