import { LONGEST_TIMER_MS } from "./deadline.ts";

/**
 * Lets one loop rest until there is something to do: `forget`, look, and, if there was nothing, `rest`. What is told between the
 * look and the rest is not lost.
 */
export class Waker {
  #told = false;
  #end = () => {};

  /** There may be something to do. */
  wake(): void {
    this.#told = true;
    this.#end();
  }

  /** What was told until now is about to be looked at. */
  forget(): void {
    this.#told = false;
  }

  /**
   * Resolves when it is woken, at once if it was since it last forgot or rested; at the latest after `ms`, or when the signal is
   * aborted.
   */
  async rest(ms: number = Number.POSITIVE_INFINITY, signal?: AbortSignal): Promise<void> {
    if (!this.#told && !signal?.aborted) {
      const { promise, resolve } = Promise.withResolvers<void>();
      const timer = ms < Number.POSITIVE_INFINITY ? setTimeout(resolve, Math.min(ms, LONGEST_TIMER_MS)) : undefined;
      this.#end = resolve;
      signal?.addEventListener("abort", resolve as () => void, { once: true });
      await promise;
      clearTimeout(timer);
      signal?.removeEventListener("abort", resolve as () => void);
      this.#end = () => {};
    }
    this.#told = false;
  }
}
