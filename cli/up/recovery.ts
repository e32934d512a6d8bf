import { setTimeout as sleep } from "node:timers/promises";

/**
 * Says when the mesh is whole again after a crash: every process runs and the edge is ready. One watch at a time,
 * however many crashes there are.
 */
export class RecoveryWatch {
  readonly #isWhole: () => Promise<boolean>;
  readonly #onWhole: (tookMs: number) => void;
  #watching = false;

  constructor(isWhole: () => Promise<boolean>, onWhole: (tookMs: number) => void) {
    this.#isWhole = isWhole;
    this.#onWhole = onWhole;
  }

  /** A process has just ended. */
  begin(signal: AbortSignal): void {
    if (this.#watching) return;
    this.#watching = true;
    void this.#watch(signal);
  }

  async #watch(signal: AbortSignal): Promise<void> {
    const started = performance.now();
    for (;;) {
      const whole = await this.#isWhole().catch(() => false);
      if (signal.aborted) return;
      if (whole) break;
      await sleep(50, undefined, { signal }).catch(() => {});
    }
    this.#watching = false;
    this.#onWhole(performance.now() - started);
  }
}
