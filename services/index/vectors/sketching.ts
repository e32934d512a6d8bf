import { setImmediate as nextTurn } from "node:timers/promises";
import { learnRotation, SAMPLE_ROWS } from "../kernel/rotation.ts";
import type { RowSet } from "./row-set.ts";
import { Slices } from "./slices.ts";

/** Rows from which on sketches are worth having, and learned from. */
const LEAST_ROWS = 4096;
/** Where rows show no few axes they are asked again once they are so many times as many. */
const AGAIN_AT = 4;
/** Rows between two looks at the clock. */
const STRIDE = 16;

/**
 * Learns axes from rows once there are enough of them, and sketches those that were there before, beside serving and in slices;
 * later rows are sketched as they are added. Answers are the same with and without.
 */
export class Sketching {
  readonly #current: () => RowSet;
  readonly #closing = new AbortController();
  #running: Promise<void> | undefined;
  /** Rows at which it is worth looking. */
  #from = LEAST_ROWS;

  /** @param current the rows that serve now */
  constructor(current: () => RowSet) {
    this.#current = current;
  }

  /** Begin if there are enough rows without sketches. Costs nothing where nothing is to be done. */
  check(): void {
    const rows = this.#current();
    if (rows.rows < this.#from || this.#running || rows.sketched || this.#closing.signal.aborted) return;
    const { signal } = this.#closing;
    this.#running = this.#run(rows, signal).then(
      () => {
        this.#running = undefined;
        this.check();
      },
      (error: unknown) => {
        this.#running = undefined;
        if (!signal.aborted) throw error;
      },
    );
  }

  /** Resolves when nothing is under way. */
  async settled(): Promise<void> {
    while (this.#running) await this.#running;
  }

  async close(): Promise<void> {
    this.#closing.abort(new Error("the index was closed"));
    await this.settled();
  }

  async #run(rows: RowSet, signal: AbortSignal): Promise<void> {
    await nextTurn(); // the change that made it due is finished first
    const slices = new Slices({ signal });
    if (!rows.rotation) {
      const learning = learnRotation(sampleOf(rows));
      let step = learning.next();
      for (; !step.done; step = learning.next()) if (slices.over) await slices.pause();
      if (!step.value) {
        this.#from = rows.rows * AGAIN_AT;
        return;
      }
      rows.rotation = step.value;
    }
    // Until they are replaced by rows that were moved together.
    for (let done = 0; this.#current() === rows && rows.sketchNext(); done++) {
      if (done % STRIDE === 0 && slices.over) await slices.pause();
    }
  }
}

/** From all over the rows, dead ones included; neighbours in the sample are far from each other. */
function sampleOf(rows: RowSet): Float32Array[] {
  const wanted = 2 * SAMPLE_ROWS;
  return Array.from({ length: wanted }, (_, n) => {
    // Odd: every place comes once.
    const place = (n * 211) % wanted;
    const row = Math.floor((place * rows.rows) / wanted);
    const block = rows.blockOf(row);
    return block.rows.get(row - block.first);
  });
}
