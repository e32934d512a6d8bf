import { AsyncLocalStorage } from "node:async_hooks";

/** What belongs to one incoming call and goes on with every call that its handler makes. */
export interface CallContext {
  /** From the caller's x-request-id, or made here. */
  requestId: string;
  /** This call's own span, W3C Trace Context: `00-<trace id>-<span id>-<flags>`. */
  traceparent: string;
  /** Epoch milliseconds after which the answer is of no use; undefined: the caller set none. */
  deadline: number | undefined;
  /** Aborted when the caller hangs up, the deadline passes or the process drains, and when the call has ended. */
  signal: AbortSignal;
  /** The verified claims of the user, header x-flashfit-claims as Envoy set it. */
  claims: string | undefined;
}

const storage = new AsyncLocalStorage<CallContext>();

/** The call that is being answered; undefined outside of handlers. */
export function currentCall(): CallContext | undefined {
  return storage.getStore();
}

/** Run `fn`, and everything it awaits, as part of `call`. */
export function runInCall<T>(call: CallContext, fn: () => T): T {
  return storage.run(call, fn);
}

/** Run `fn`, and everything it awaits, as part of no call: what is done for many calls at once belongs to none of them. */
export function outsideOfCalls<T>(fn: () => T): T {
  return storage.exit(fn);
}

/** Milliseconds until the deadline of the current call, at least 0; `fallback` if there is none. */
export function timeLeftMs(fallback: number, now: number = Date.now()): number {
  const deadline = currentCall()?.deadline;
  return deadline === undefined ? fallback : Math.max(0, deadline - now);
}

/**
 * The same stream, each step of it taken inside `call`: generators do not keep their caller's context.
 * Throws the reason of the call's signal as soon as that is aborted, even if the source does not listen to it.
 */
export async function* iterateInCall<T>(call: CallContext, source: AsyncIterable<T>): AsyncGenerator<T, void> {
  const iterator = runInCall(call, () => source[Symbol.asyncIterator]());
  try {
    for (;;) {
      const step = await untilAborted(
        runInCall(call, () => iterator.next()),
        call.signal,
      );
      if (step.done) return;
      yield step.value;
    }
  } finally {
    const ended = runInCall(call, async () => iterator.return?.());
    // A source that does not listen to the signal may never end: nobody waits for it, nobody misses its error.
    if (call.signal.aborted) ended.catch(() => {});
    else await ended;
  }
}

/** What `work` gives, or the signal's reason thrown as soon as it is aborted, whatever `work` does then. */
export function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
    work.finally(() => signal.removeEventListener("abort", onAbort)).then(resolve, reject);
    if (signal.aborted) onAbort();
  });
}
