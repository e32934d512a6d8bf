/** What is to be known of a snapshot. */
export interface KeptSnapshot {
  seq: bigint;
  at: Date;
  bytes: number;
}

export interface SnapshotWatchOptions {
  /** The last change that is applied. */
  applied(): bigint;
  /** Time between two snapshots; undefined: none are written. */
  everyMs: number | undefined;
  /** Milliseconds since 1970. */
  now: () => number;
}

/** Knows the newest snapshot, and how long a start from it would already have had changes to catch up with. */
export class SnapshotWatch {
  readonly #options: SnapshotWatchOptions;
  #newest: KeptSnapshot | undefined;
  #writeMs: number | undefined;
  /** When nothing was missing from it, as last seen. */
  #completeAt: number;

  constructor(options: SnapshotWatchOptions) {
    this.#options = options;
    this.#completeAt = options.now();
  }

  /** Call now and then: nothing is missing from a snapshot for as long as nothing changes. */
  look(): void {
    if (this.#newest && this.#newest.seq === this.#options.applied()) this.#completeAt = this.#options.now();
  }

  written(snapshot: KeptSnapshot, ms: number): void {
    this.#writeMs = ms;
    this.restored(snapshot);
  }

  /** This replica started from it. */
  restored(snapshot: KeptSnapshot): void {
    this.#newest = snapshot;
    this.#completeAt = snapshot.at.getTime();
    this.look();
  }

  /** Since when changes are missing from the newest one, in times between two; 0 where none are written. */
  get late(): number {
    const { everyMs, now } = this.#options;
    this.look();
    return everyMs === undefined ? 0 : Math.max(0, now() - this.#completeAt) / everyMs;
  }

  /** Seconds since the newest one was taken. */
  get ageSeconds(): number | undefined {
    return this.#newest && Math.max(0, this.#options.now() - this.#newest.at.getTime()) / 1000;
  }

  get bytes(): number | undefined {
    return this.#newest?.bytes;
  }

  /** What writing the newest one took. */
  get writeSeconds(): number | undefined {
    return this.#writeMs === undefined ? undefined : this.#writeMs / 1000;
  }
}
