/** What a canary made of the inputs that it saw, beside the version that answers. */
export interface CanaryReport {
  /** Inputs that both were given. */
  compared: number;
  failed: number;
  /** Mean of the cosines of its vector and the answering version's; NaN before the first, and where lengths differ. */
  meanCosine: number;
  /** Mean time of a run relative to that of the answering version: 2 is twice as slow. NaN before the first. */
  relativeTime: number;
}

/** One input that both versions were given. */
export type Comparison =
  | { kind: "answered"; cosine: number | undefined; activeMs: number; canaryMs: number }
  | { kind: "failed" };

/**
 * Whether an input belongs to the share that a canary sees. It follows from the content, so that the same photo is
 * always in, or always out, and what is in at a small share stays in at a larger one.
 * @param digest lower-case hex of a cryptographic hash, at least 8 digits.
 * @param percent 0 to 100.
 */
export function isInShare(digest: string, percent: number): boolean {
  const leading = Number.parseInt(digest.slice(0, 8), 16);
  if (!Number.isFinite(leading)) throw new RangeError(`expected a hash in hex, got ${JSON.stringify(digest)}`);
  return leading < (percent / 100) * 2 ** 32;
}

/** Adds up what was seen. */
export class CanaryTally {
  #answered = 0;
  #failed = 0;
  #cosines = 0;
  #withCosine = 0;
  #activeMs = 0;
  #canaryMs = 0;

  add(seen: Comparison): void {
    if (seen.kind === "failed") {
      this.#failed += 1;
      return;
    }
    this.#answered += 1;
    this.#activeMs += seen.activeMs;
    this.#canaryMs += seen.canaryMs;
    if (seen.cosine === undefined) return;
    this.#withCosine += 1;
    this.#cosines += seen.cosine;
  }

  get report(): CanaryReport {
    return {
      compared: this.#answered + this.#failed,
      failed: this.#failed,
      meanCosine: this.#cosines / this.#withCosine,
      relativeTime: this.#canaryMs / this.#activeMs,
    };
  }
}
