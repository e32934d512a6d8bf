/** Random choices that are the same for the same seed (mulberry32). */
export class Dice {
  #state: number;

  /** `parts`: what the choices are for; others get other ones. */
  constructor(...parts: number[]) {
    let state = 0x9e37_79b9;
    for (const part of parts) state = Math.imul(state ^ part, 0x85eb_ca6b) ^ (state >>> 13);
    this.#state = state;
    for (let n = 0; n < 4; n++) this.unit();
  }

  /** 0 to 1, 1 excluded. */
  unit(): number {
    this.#state = (this.#state + 0x6d2b_79f5) | 0;
    let value = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value;
    return ((value ^ (value >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number from `min` to `max`, both included. */
  whole(min: number, max: number): number {
    return min + Math.floor(this.unit() * (max - min + 1));
  }

  chance(probability: number): boolean {
    return this.unit() < probability;
  }

  one<T>(values: readonly T[]): T {
    const value = values[this.whole(0, values.length - 1)];
    if (value === undefined) throw new RangeError("expected something to choose from");
    return value;
  }

  /** Each value with this probability. */
  some<T>(values: readonly T[], probability: number): T[] {
    return values.filter(() => this.chance(probability));
  }

  /** One of the names, by weight. */
  weighted<T extends string>(weights: Record<T, number>): T {
    const entries = Object.entries(weights) as [T, number][];
    let at = this.unit() * entries.reduce((sum, [, weight]) => sum + weight, 0);
    for (const [name, weight] of entries) {
      at -= weight;
      if (at < 0) return name;
    }
    return entries.at(-1)![0];
  }
}
