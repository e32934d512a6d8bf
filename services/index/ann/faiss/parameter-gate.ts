import type { AnnParams } from "../ann.ts";
import { sameParams } from "../same-params.ts";

export type Parameters = Required<AnnParams>;

/** What FAISS itself starts with. */
export const defaultParameters: Parameters = { efSearch: 16, nprobe: 1, refine: 1 };

/**
 * So many times as many as are wanted are measured exactly, where there is something to do so: with 1 it would only put them in order.
 * Codes of four bits tell near rows apart worse than others.
 */
const REFINED = 2;
const CODES_REFINED = 5;

/** What a graph of this factory string is searched with where nobody says. */
export function defaultsFor(factory: string): Parameters {
  if (!/,R(Flat|efine)/.test(factory)) return defaultParameters;
  return { ...defaultParameters, refine: /x4fs/.test(factory) ? CODES_REFINED : REFINED };
}

/**
 * FAISS's C API has no search parameters of one call for graphs: they are set on the index. So searches with equal
 * parameters run side by side, and others wait until these are done; nobody is overtaken, so nobody starves.
 */
export class ParameterGate {
  readonly #apply: (parameters: Parameters) => void;
  #current: Parameters | undefined;
  #running = 0;
  readonly #waiting: { parameters: Parameters; enter(): void }[] = [];

  /** @param apply sets parameters; called only while nothing runs, and must not throw */
  constructor(apply: (parameters: Parameters) => void) {
    this.#apply = apply;
  }

  /** Do work while the given parameters are in force. */
  async run<T>(parameters: Parameters, work: () => Promise<T>): Promise<T> {
    if (this.#waiting.length > 0 || (this.#running > 0 && !this.#suits(parameters))) {
      await new Promise<void>((enter) => this.#waiting.push({ parameters, enter }));
    } else {
      this.#enter(parameters);
    }
    try {
      return await work();
    } finally {
      this.#running--;
      this.#admit();
    }
  }

  #enter(parameters: Parameters): void {
    if (!this.#suits(parameters)) this.#apply(parameters);
    this.#current = parameters;
    this.#running++;
  }

  #admit(): void {
    for (;;) {
      const next = this.#waiting[0];
      if (!next || (this.#running > 0 && !this.#suits(next.parameters))) return;
      this.#waiting.shift();
      this.#enter(next.parameters);
      next.enter();
    }
  }

  #suits(parameters: Parameters): boolean {
    return this.#current !== undefined && sameParams(this.#current, parameters);
  }
}
