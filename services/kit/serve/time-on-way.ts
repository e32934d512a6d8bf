/** The least is sought over this time and the one before it. */
const WINDOW_MS = 30_000;
/** No call that may end is this long on its way from Envoy, which ends it before: one of the clocks was set. */
const ABSURD_MS = 30_000;

/**
 * How long the calls of one connection were on their way from Envoy: in its buffers, in sockets, and in this process before
 * it came to them.
 *
 * Envoy says by its own clock when a call came, which may be another machine's. The call that took least tells what the
 * clocks differ by, so what another took beyond that was spent waiting, however wrong the clocks are: what all calls of half
 * a minute waited is not seen, and nothing is ever counted that was not waited.
 */
export class TimeOnWay {
  #least = Number.POSITIVE_INFINITY;
  #leastBefore = Number.POSITIVE_INFINITY;
  #windowEndsMs = Number.NEGATIVE_INFINITY;

  /**
   * @param received what Envoy says, as in {@link RECEIVED}; anything else counts as nothing
   * @param nowMs epoch milliseconds
   * @returns milliseconds, 0 or more; "absurd" when a clock was set: from now on the difference is another
   */
  of(received: string | undefined, nowMs: number): number | "absurd" {
    if (received === undefined || !/^\d{1,12}\.\d{3}$/.test(received)) return 0;
    const lagMs = nowMs - Number(received) * 1000;
    this.#turn(nowMs);
    this.#least = Math.min(this.#least, lagMs);
    const waitedMs = lagMs - Math.min(this.#least, this.#leastBefore);
    if (waitedMs < ABSURD_MS) return waitedMs;
    this.#least = lagMs;
    this.#leastBefore = Number.POSITIVE_INFINITY;
    return "absurd";
  }

  #turn(nowMs: number): void {
    if (nowMs < this.#windowEndsMs && nowMs >= this.#windowEndsMs - WINDOW_MS) return;
    this.#leastBefore = this.#least;
    this.#least = Number.POSITIVE_INFINITY;
    this.#windowEndsMs = nowMs + WINDOW_MS;
  }
}
