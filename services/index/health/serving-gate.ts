export interface GateSettings {
  /** Below this score it stops serving … */
  low: number;
  /** … and above this one it serves again; not less than `low`. */
  high: number;
  /** So long the score has to stay there, milliseconds. */
  holdMs: number;
}

/** Whether to serve, by a score: two limits and some patience, so that it does not come and go. */
export class ServingGate {
  readonly #settings: GateSettings;
  #serving = true;
  /** Since when the score asks for the other state. */
  #since: number | undefined;

  constructor(settings: GateSettings) {
    if (!(settings.low <= settings.high)) {
      throw new RangeError(`expected a low limit of at most the high one, got ${settings.low} and ${settings.high}`);
    }
    this.#settings = settings;
  }

  get serving(): boolean {
    return this.#serving;
  }

  /** Take note of the score at a time; true: serve. */
  update(score: number, nowMs: number): boolean {
    const { low, high, holdMs } = this.#settings;
    const other = this.#serving ? score < low : score > high;
    if (!other) {
      this.#since = undefined;
    } else {
      this.#since ??= nowMs;
      if (nowMs - this.#since >= holdMs) {
        this.#serving = !this.#serving;
        this.#since = undefined;
      }
    }
    return this.#serving;
  }
}
