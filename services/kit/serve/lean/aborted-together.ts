import type { UnaryCall } from "./unary-call.ts";

/** The lean calls under way: one listener on the process's end tells them all, for a listener each would cost every call. */
export class AbortedTogether {
  readonly #open = new Set<UnaryCall>();
  readonly #signal: AbortSignal;

  constructor(signal: AbortSignal) {
    this.#signal = signal;
    signal.addEventListener("abort", () => {
      for (const call of this.#open) call.abort(signal.reason);
    });
  }

  add(call: UnaryCall): void {
    if (this.#signal.aborted) call.abort(this.#signal.reason);
    else this.#open.add(call);
  }

  delete(call: UnaryCall): void {
    this.#open.delete(call);
  }
}
