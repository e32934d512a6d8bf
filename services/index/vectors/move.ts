import { hasBit } from "./bitmap.ts";
import { type Cut, RowSet } from "./row-set.ts";
import { Slices } from "./slices.ts";

/** Rows between two looks at the clock. */
const STRIDE = 64;

/** Moves what lives in a set of rows to a new one, in slices, and carries over what changes meanwhile. */
export class Move {
  readonly fresh: RowSet;
  readonly #old: RowSet;
  readonly #cut: Cut;
  /** Changes of the old set since the cut, in order: a row that was appended, or an item that was removed. */
  #changes: (number | string)[] = [];

  constructor(old: RowSet, blockRows?: number) {
    this.#old = old;
    this.#cut = old.cut();
    const { dimensions, rotation } = old;
    this.fresh = new RowSet({ dimensions, expectedRows: this.#cut.live, blockRows, rotation });
  }

  added(row: number): void {
    this.#changes.push(row);
  }

  removed(itemId: string): void {
    this.#changes.push(itemId);
  }

  /** Copy what lived at the cut. */
  async copy(onProgress: (done: number, total: number) => void, signal: AbortSignal): Promise<void> {
    const slices = new Slices({ signal });
    for (const { block, count, alive } of this.#cut.blocks) {
      for (let row = 0; row < count; row++) {
        if (row % STRIDE === 0 && slices.over) {
          onProgress(this.fresh.live, this.#cut.live);
          await slices.pause();
        }
        if (hasBit(alive, row)) this.fresh.add(block.attributes(row), block.rows.get(row));
      }
    }
  }

  /** Carry over what changed, in slices; then {@link finish} has little left to do. */
  async catchUp(signal: AbortSignal): Promise<void> {
    const slices = new Slices({ signal });
    while (this.#changes.length > 0) {
      const changes = this.#changes;
      this.#changes = [];
      for (const [at, change] of changes.entries()) {
        this.#apply(change);
        if (at % STRIDE === 0 && slices.over) await slices.pause();
      }
    }
  }

  /** Carry over the rest, at once. */
  finish(): void {
    for (const change of this.#changes.splice(0)) this.#apply(change);
  }

  #apply(change: number | string): void {
    if (typeof change === "string") {
      this.fresh.remove(change);
      return;
    }
    const block = this.#old.blockOf(change);
    const row = change - block.first;
    this.fresh.add(block.attributes(row), block.rows.get(row));
  }
}
