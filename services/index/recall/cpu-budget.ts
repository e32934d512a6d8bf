/**
 * Processor time that background work may take a second, on average: a token bucket. What a piece of work takes is known
 * when it is done, so the bucket may owe; nothing more begins until that is earned back.
 */
export class CpuBudget {
  readonly #msPerSecond: number;
  readonly #mostMs: number;
  readonly #nowMs: () => number;
  #leftMs: number;
  #atMs: number;

  /** `msPerSecond` 0: never. Saved up is at most what `burstSeconds` bring; default 5. */
  constructor(o: { msPerSecond: number; burstSeconds?: number; nowMs: () => number }) {
    this.#msPerSecond = o.msPerSecond;
    this.#mostMs = o.msPerSecond * (o.burstSeconds ?? 5);
    this.#nowMs = o.nowMs;
    this.#leftMs = this.#mostMs;
    this.#atMs = o.nowMs();
  }

  /** Whether a piece of work may begin. */
  get left(): boolean {
    this.#earn();
    return this.#leftMs > 0;
  }

  spend(ms: number): void {
    this.#earn();
    this.#leftMs -= ms;
  }

  #earn(): void {
    const now = this.#nowMs();
    this.#leftMs = Math.min(this.#mostMs, this.#leftMs + ((now - this.#atMs) / 1000) * this.#msPerSecond);
    this.#atMs = now;
  }
}
