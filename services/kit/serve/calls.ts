/** The calls that are open, so that a drain can wait for them. */
export class OpenCalls {
  #open = 0;
  #waiting: (() => void)[] = [];

  get count(): number {
    return this.#open;
  }

  /** Note the begin of a call; call what it returns once, at its end. */
  begin(): () => void {
    this.#open += 1;
    let ended = false;
    return () => {
      if (ended) return;
      ended = true;
      this.#open -= 1;
      if (this.#open === 0) for (const wake of this.#waiting.splice(0)) wake();
    };
  }

  /** Resolves true as soon as no call is open, false after `limitMs`. */
  async idle(limitMs: number): Promise<boolean> {
    if (this.#open === 0) return true;
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(false), limitMs);
      this.#waiting.push(() => {
        clearTimeout(timer);
        resolve(true);
      });
    });
  }
}
