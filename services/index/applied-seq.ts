/** How far this replica has read the change log, and who waits for how far. */
export class AppliedSeq {
  #value = 0n;
  readonly #waiting = new Set<{ seq: bigint; resolve: () => void }>();

  get value(): bigint {
    return this.#value;
  }

  /** Move to `seq` and wake those who waited for it. Moves back only when the log itself did. */
  set(seq: bigint): void {
    this.#value = seq;
    for (const waiter of this.#waiting) {
      if (waiter.seq > seq) continue;
      this.#waiting.delete(waiter);
      waiter.resolve();
    }
  }

  /**
   * Resolves once `seq` is applied.
   *
   * @throws the signal's reason when it is aborted first.
   */
  async reached(seq: bigint, signal: AbortSignal): Promise<void> {
    if (seq <= this.#value) return;
    signal.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const waiter = { seq, resolve };
    const giveUp = () => reject(signal.reason);
    this.#waiting.add(waiter);
    signal.addEventListener("abort", giveUp, { once: true });
    try {
      await promise;
    } finally {
      signal.removeEventListener("abort", giveUp);
      this.#waiting.delete(waiter);
    }
  }
}
