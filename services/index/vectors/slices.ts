import { setImmediate as nextTurn } from "node:timers/promises";
import { eventLoop, type Turn } from "../turn.ts";

export interface SlicesOptions {
  /** How long work may keep the event loop before it gives way, milliseconds. Default 1: half a turn, the other half is for searches. */
  sliceMs?: number;
  /** Default: the event loop's. */
  turn?: Pick<Turn, "over">;
  /** Default `performance.now`. */
  nowMs?: () => number;
  signal?: AbortSignal;
}

/** Cuts long work into slices between which others run: `if (slices.over) await slices.pause()` now and then. */
export class Slices {
  readonly #sliceMs: number;
  readonly #turn: Pick<Turn, "over">;
  readonly #nowMs: () => number;
  readonly #signal: AbortSignal | undefined;
  #began: number;

  constructor({ sliceMs = 1, turn = eventLoop, nowMs = () => performance.now(), signal }: SlicesOptions = {}) {
    this.#sliceMs = sliceMs;
    this.#turn = turn;
    this.#nowMs = nowMs;
    this.#signal = signal;
    this.#began = nowMs();
  }

  /** The slice has had its time, or the turn. Reads the clock: ask every hundred rows or so. */
  get over(): boolean {
    return this.#nowMs() - this.#began >= this.#sliceMs || this.#turn.over;
  }

  /** Let others run. Rejects with the signal's reason once it is aborted. */
  async pause(): Promise<void> {
    await nextTurn();
    this.#signal?.throwIfAborted();
    this.#began = this.#nowMs();
  }
}
