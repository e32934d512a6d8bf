import { setImmediate as nextTurn } from "node:timers/promises";

export interface SlicesOptions {
  /** How long work may keep the event loop before it gives way, milliseconds. Default 2: searches have as much of the same turn. */
  sliceMs?: number;
  /** Default `performance.now`. */
  nowMs?: () => number;
  signal?: AbortSignal;
}

/** Cuts long work into slices between which others run: `if (slices.over) await slices.pause()` now and then. */
export class Slices {
  readonly #sliceMs: number;
  readonly #nowMs: () => number;
  readonly #signal: AbortSignal | undefined;
  #began: number;

  constructor({ sliceMs = 2, nowMs = () => performance.now(), signal }: SlicesOptions = {}) {
    this.#sliceMs = sliceMs;
    this.#nowMs = nowMs;
    this.#signal = signal;
    this.#began = nowMs();
  }

  /** The slice has had its time. Reads the clock: ask every hundred rows or so. */
  get over(): boolean {
    return this.#nowMs() - this.#began >= this.#sliceMs;
  }

  /** Let others run. Rejects with the signal's reason once it is aborted. */
  async pause(): Promise<void> {
    await nextTurn();
    this.#signal?.throwIfAborted();
    this.#began = this.#nowMs();
  }
}
