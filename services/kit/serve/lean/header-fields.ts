import type { IncomingHttpHeaders, OutgoingHttpHeaders } from "node:http2";

/** Names that have no rules of their own: set-cookie is a list. */
const PLAIN_NAME = /^(?!set-cookie$)[a-z0-9-]+$/;
const PLAIN_VALUE = /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/;

type Fields = Record<string, string | string[] | undefined>;

/**
 * The header fields of a call as `Headers`, kept as node:http2 has them. To read and to set a plain field costs next to
 * nothing; whatever else is asked for is done by a real `Headers` from then on.
 */
export class HeaderFields implements Headers {
  readonly #fields: Fields;
  #full: Headers | undefined;

  /** `fields` have lower case names and no prototype; pseudo-headers among them are not seen. */
  constructor(fields: IncomingHttpHeaders = Object.create(null)) {
    this.#fields = fields as Fields;
  }

  get(name: string): string | null {
    if (this.#full) return this.#full.get(name);
    const value = this.#fields[name];
    if (typeof value === "string" && PLAIN_NAME.test(name)) return value;
    return value === undefined && PLAIN_NAME.test(name) ? null : this.#headers().get(name);
  }

  has(name: string): boolean {
    return this.get(name) !== null;
  }

  set(name: string, value: string): void {
    if (!this.#full && PLAIN_NAME.test(name) && PLAIN_VALUE.test(value)) this.#fields[name] = value;
    else this.#headers().set(name, value);
  }

  append(name: string, value: string): void {
    if (this.get(name) === null) this.set(name, value);
    else this.#headers().append(name, value);
  }

  delete(name: string): void {
    this.#headers().delete(name);
  }

  getSetCookie(): string[] {
    return this.#headers().getSetCookie();
  }

  forEach(callback: (value: string, name: string, parent: Headers) => void, thisArg?: unknown): void {
    for (const [name, value] of this.#headers()) callback.call(thisArg, value, name, this);
  }

  keys() {
    return this.#headers().keys();
  }

  values() {
    return this.#headers().values();
  }

  entries() {
    return this.#headers().entries();
  }

  [Symbol.iterator]() {
    return this.#headers()[Symbol.iterator]();
  }

  /** As node:http2 sends them; each name of `prefix` has that before it. */
  addTo(target: OutgoingHttpHeaders, prefix = ""): void {
    if (!this.#full) {
      for (const name in this.#fields) target[prefix + name] = this.#fields[name];
      return;
    }
    for (const [name, value] of this.#full) {
      const before = target[prefix + name];
      if (name === "set-cookie" && before !== undefined) target[prefix + name] = [before, value].flat() as string[];
      else target[prefix + name] = value;
    }
  }

  #headers(): Headers {
    if (this.#full) return this.#full;
    const full = new Headers();
    for (const [name, value] of Object.entries(this.#fields)) {
      if (name.startsWith(":") || value === undefined) continue;
      for (const one of [value].flat()) full.append(name, one);
    }
    this.#full = full;
    return full;
  }
}
