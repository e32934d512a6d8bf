/** Sums over the last minutes: a ring of slices of time, each cleared when its turn comes again. */
export class TimeSlices<Name extends string> {
  readonly #names: readonly Name[];
  readonly #sliceMs: number;
  readonly #nowMs: () => number;
  readonly #slices: { number: number; sums: Record<Name, number> }[];

  /** The window is `slices` times `sliceMs` long; what is the oldest slice leaves it in whole. */
  constructor(o: { names: readonly Name[]; sliceMs: number; slices: number; nowMs: () => number }) {
    this.#names = o.names;
    this.#sliceMs = o.sliceMs;
    this.#nowMs = o.nowMs;
    this.#slices = Array.from({ length: o.slices }, () => ({ number: Number.NEGATIVE_INFINITY, sums: this.#zeros() }));
  }

  add(name: Name, value = 1): void {
    const number = this.#number();
    const slice = this.#slices[number % this.#slices.length]!;
    if (slice.number !== number) {
      slice.number = number;
      slice.sums = this.#zeros();
    }
    slice.sums[name] += value;
  }

  sum(name: Name): number {
    const oldest = this.#number() - this.#slices.length + 1;
    return this.#slices.reduce((sum, { number, sums }) => (number >= oldest ? sum + sums[name] : sum), 0);
  }

  forget(name: Name): void {
    for (const { sums } of this.#slices) sums[name] = 0;
  }

  #number(): number {
    return Math.max(0, Math.floor(this.#nowMs() / this.#sliceMs));
  }

  #zeros(): Record<Name, number> {
    return Object.fromEntries(this.#names.map((name) => [name, 0])) as Record<Name, number>;
  }
}
