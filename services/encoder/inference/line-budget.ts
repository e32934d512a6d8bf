export interface LineBudgetOptions {
  /** Longer lines are cut. Default 500 characters. */
  maxLength?: number;
  /** More lines a minute are counted, not written. Default 60. */
  perMinute?: number;
  now(): number;
  write(line: string): void;
}

/** Cuts what a process says into lines, of bounded length and number, so that it cannot fill the log. */
export class LineBudget {
  readonly #options: Required<LineBudgetOptions>;
  #rest = "";
  #since = Number.NEGATIVE_INFINITY;
  #written = 0;
  #dropped = 0;

  constructor({ maxLength = 500, perMinute = 60, now, write }: LineBudgetOptions) {
    this.#options = { maxLength, perMinute, now, write };
  }

  push(text: string): void {
    const lines = (this.#rest + text).split("\n");
    this.#rest = (lines.pop() ?? "").slice(0, this.#options.maxLength);
    for (const line of lines) this.#line(line);
  }

  /** The process has ended: what it said last has no line end. */
  end(): void {
    this.#line(this.#rest);
    this.#rest = "";
    this.#sayDropped();
  }

  #line(line: string): void {
    const { maxLength, perMinute, now, write } = this.#options;
    const text = line.trimEnd().slice(0, maxLength);
    if (text === "") return;
    if (now() - this.#since >= 60_000) {
      this.#sayDropped();
      this.#since = now();
      this.#written = 0;
    }
    if (this.#written < perMinute) write(text);
    else this.#dropped += 1;
    this.#written += 1;
  }

  #sayDropped(): void {
    if (this.#dropped > 0) this.#options.write(`${this.#dropped} more lines were not written`);
    this.#dropped = 0;
  }
}
