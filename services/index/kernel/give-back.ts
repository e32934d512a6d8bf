import process from "node:process";

/** Given back at once: half a millisecond's work for the system. */
const PIECE_BYTES = 2 ** 22;
/** MADV_DONTNEED of madvise(2): the pages are the machine's again. */
const DONT_NEED = 4;

type Advise = (piece: Uint8Array) => Promise<void>;

/**
 * Gives the machine the memory of garbage back, a piece at a time and on a thread of libuv's pool. V8 gives back a block of rows as one
 * munmap(2), 16 ms for 200 MB, several of them in one turn of the event loop, or beside it, where the event loop waits for them as soon as
 * it needs memory itself. What was given back before takes no time. On Linux, with V8, where koffi is installed; else all is V8's.
 */
export class GiveBack {
  readonly #unread = new FinalizationRegistry<SharedArrayBuffer>((buffer) => this.#begin(buffer));
  readonly #onGivenBack: (bytes: number) => void;
  #last: Promise<void> = Promise.resolve();
  #advise: Promise<Advise | undefined> | undefined;

  /** @param onGivenBack told of each memory that was */
  constructor({ onGivenBack = () => {} }: { onGivenBack?: (bytes: number) => void } = {}) {
    this.#onGivenBack = onGivenBack;
  }

  /**
   * Once nothing in this thread can read a shared memory, the machine has it back: neither the memory itself, nor an instance that has
   * it, nor a view of its buffer. By then other threads must not need what is in it: they read zeros.
   */
  onceUnread({ buffer }: WebAssembly.Memory): void {
    // JavaScriptCore's views do not hold the buffer's object.
    const holds = process.platform === "linux" && !("bun" in process.versions);
    if (!holds || buffer.byteLength < PIECE_BYTES) return;
    // Another object for the same memory, which lives on while it is given back.
    this.#unread.register(buffer, structuredClone(buffer as SharedArrayBuffer));
  }

  /** One after the other: it is never urgent. */
  #begin(buffer: SharedArrayBuffer): void {
    this.#last = this.#last.then(() => this.#giveBack(buffer));
  }

  async #giveBack(buffer: SharedArrayBuffer): Promise<void> {
    this.#advise ??= loadAdvise();
    const advise = await this.#advise;
    if (!advise) return;
    for (let at = 0; at < buffer.byteLength; at += PIECE_BYTES) {
      await advise(new Uint8Array(buffer, at, Math.min(PIECE_BYTES, buffer.byteLength - at)));
    }
    this.#onGivenBack(buffer.byteLength);
  }
}

async function loadAdvise(): Promise<Advise | undefined> {
  const koffi = await import("koffi").catch(() => undefined); // an optional dependency
  if (!koffi) return undefined;
  const madvise = koffi.default.load(null).func("int madvise(void *from, size_t bytes, int advice)");
  // What the system refuses, V8 gives back in the end.
  return (piece) => new Promise((resolve) => madvise.async(piece, piece.length, DONT_NEED, () => resolve()));
}
