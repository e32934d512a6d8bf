/** After a scan that had no use for it, so many go without; twice as many each time, up to a limit. */
const MOST_PAUSE = 64;

/** Whether a shortcut is tried: after it was of no use the next scans go without it, ever more of them until it is of use again. */
export class Retreat {
  #pause = 1;
  #left = 0;

  /** Asked once a scan: whether this one goes without. */
  skips(): boolean {
    if (this.#left === 0) return false;
    this.#left--;
    return true;
  }

  ended(useful: boolean): void {
    if (!useful) this.#left = this.#pause;
    this.#pause = useful ? 1 : Math.min(MOST_PAUSE, 2 * this.#pause);
  }
}
