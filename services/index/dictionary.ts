/** Numbers for strings that repeat, so that comparing them in a scan costs nothing. Never forgets one. */
export class Dictionary {
  readonly #codes = new Map<string, number>();

  /** @param texts In the order of their codes: 0, 1, … */
  constructor(texts: Iterable<string> = []) {
    for (const text of texts) this.code(text);
  }

  /** In the order of their codes; the first ones stay while others are added. */
  texts(): Iterable<string> {
    return this.#codes.keys();
  }

  get size(): number {
    return this.#codes.size;
  }

  /** The code of a string, a new one if it is new. */
  code(text: string): number {
    let code = this.#codes.get(text);
    if (code === undefined) {
      code = this.#codes.size;
      this.#codes.set(text, code);
    }
    return code;
  }

  /** The codes of those strings that occur at all. */
  known(texts: Iterable<string>): Set<number> {
    const codes = new Set<number>();
    for (const text of texts) {
      const code = this.#codes.get(text);
      if (code !== undefined) codes.add(code);
    }
    return codes;
  }
}
