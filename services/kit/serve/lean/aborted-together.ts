import { ForgettingMap } from "../../forgetting-map.ts";
import type { UnaryCall } from "./unary-call.ts";

/** The lean calls under way: one listener on the process's end tells them all, for a listener each would cost every call. */
export class AbortedTogether {
  readonly #open = new ForgettingMap<number, UnaryCall>();
  #last = 0;
  readonly #signal: AbortSignal;

  constructor(signal: AbortSignal) {
    this.#signal = signal;
    signal.addEventListener("abort", () => {
      for (const call of this.#open.values()) call.abort(signal.reason);
    });
  }

  /** @returns its number, for {@link forget}. */
  add(call: UnaryCall): number {
    this.#last += 1;
    if (this.#signal.aborted) call.abort(this.#signal.reason);
    else this.#open.set(this.#last, call);
    return this.#last;
  }

  /** The call of this number has ended. */
  forget(number: number): void {
    this.#open.take(number);
  }
}
