/** A version that was activated by another Encoder and does not serve in this one. */
export interface Behind {
  name: string;
  revision: string;
  reason: string;
}

/** Looks between two attempts, at most: with one each five seconds, five minutes. */
const MOST_LOOKS = 64;

interface Waiting extends Behind {
  failures: number;
  /** Looks until the next attempt. */
  looks: number;
}

/**
 * Which versions could not be followed, and when to try again: after 1, 2, 4, … 64 looks, because each attempt starts a
 * process. Another version of the name is tried at once.
 */
export class Follower {
  readonly #waiting = new Map<string, Waiting>();

  get behind(): readonly Behind[] {
    return [...this.#waiting.values()].map(({ name, revision, reason }) => ({ name, revision, reason }));
  }

  /** Whether this look is one to try at. */
  isDue(name: string, revision: string): boolean {
    const waiting = this.#waiting.get(name);
    if (waiting?.revision !== revision) return true;
    waiting.looks -= 1;
    return waiting.looks <= 0;
  }

  failed(behind: Behind): Behind {
    const before = this.#waiting.get(behind.name);
    const failures = before?.revision === behind.revision ? before.failures + 1 : 1;
    const looks = Math.min(MOST_LOOKS, 2 ** (failures - 1));
    this.#waiting.set(behind.name, { ...behind, failures, looks });
    return behind;
  }

  /** What serves is what was chosen. */
  done(name: string): void {
    this.#waiting.delete(name);
  }
}
