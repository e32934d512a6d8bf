import { AnnError } from "./ann.ts";

/** Counts what is under way with something that must not be freed meanwhile. */
export class InFlight {
  readonly #what: string;
  #count = 0;
  #closing: Promise<void> | undefined;
  #drained: (() => void) | undefined;

  constructor(what: string) {
    this.#what = what;
  }

  /** @throws {AnnError} it is closed, or about to be */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#closing) throw new AnnError(`${this.#what} is closed`);
    this.#count++;
    try {
      return await work();
    } finally {
      if (--this.#count === 0) this.#drained?.();
    }
  }

  /** Let nothing more begin, wait for what has begun, then free. Later calls give the first one's promise. */
  close(free: () => Promise<void>): Promise<void> {
    this.#closing ??= this.#drain().then(free);
    return this.#closing;
  }

  async #drain(): Promise<void> {
    if (this.#count === 0) return;
    await new Promise<void>((resolve) => {
      this.#drained = resolve;
    });
  }
}
