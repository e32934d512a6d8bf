/** Lets a sender run ahead of the answers by at most `size` items. */
export class Window {
  #free: number;
  #closed = false;
  #wake: (() => void) | undefined;

  constructor(size: number) {
    this.#free = size;
  }

  /** Waits for a free place; false once closed. One sender at a time. */
  async acquire(): Promise<boolean> {
    while (this.#free === 0 && !this.#closed) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    if (this.#closed) return false;
    this.#free -= 1;
    return true;
  }

  release(): void {
    this.#free += 1;
    this.#wake?.();
  }

  /** Nothing is acquired any more. */
  close(): void {
    this.#closed = true;
    this.#wake?.();
  }
}
