/** How long searches may hold the event loop before it has its turn, milliseconds. */
const TURN_MS = 2;

/**
 * Counts what is done at once on the event loop: each search is short, but a thousand of them that arrive together are
 * not. What is beyond the budget of a turn goes to other threads.
 */
export class TurnBudget {
  readonly #nextTurn: (reset: () => void) => void;
  #spentMs = 0;
  #waiting = false;

  /** @param nextTurn calls back once the event loop has had its turn; default setImmediate */
  constructor(nextTurn: (reset: () => void) => void = setImmediate) {
    this.#nextTurn = nextTurn;
  }

  get left(): boolean {
    return this.#spentMs < TURN_MS;
  }

  spend(ms: number): void {
    this.#spentMs += ms;
    if (this.#waiting) return;
    this.#waiting = true;
    this.#nextTurn(() => {
      this.#spentMs = 0;
      this.#waiting = false;
    });
  }
}
