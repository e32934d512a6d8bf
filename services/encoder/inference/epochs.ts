/** Calls that began together, between two swaps. */
class Epoch {
  open = 0;
  closed = false;
  readonly ended: Promise<void>;
  #end: () => void = () => {};

  constructor() {
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  check(): void {
    if (this.closed && this.open === 0) this.#end();
  }
}

/**
 * Tells when nobody can still use what was taken out of use: every call that began before has ended. Calls that begin
 * later do not count, so that it comes about under any load.
 */
export class Epochs {
  #current = new Epoch();
  readonly #past = new Set<Epoch>();

  /** Whatever `work` looks up stays in use until it has ended. */
  async hold<T>(work: () => T | Promise<T>): Promise<T> {
    const epoch = this.#current;
    epoch.open += 1;
    try {
      return await work();
    } finally {
      epoch.open -= 1;
      epoch.check();
    }
  }

  /** Resolves once every call that holds now has ended. */
  async settled(): Promise<void> {
    const epoch = this.#current;
    this.#current = new Epoch();
    this.#past.add(epoch);
    epoch.closed = true;
    epoch.check();
    // One that began before an earlier swap holds what this swap takes away as well.
    await Promise.all([...this.#past].map(({ ended }) => ended));
    this.#past.delete(epoch);
  }
}
