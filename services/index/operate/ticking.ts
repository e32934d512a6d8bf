/**
 * A tick now and then until `work` has ended; the work's failure ends it too, and so does the signal, which does not end
 * the work.
 */
export async function* ticking(work: Promise<unknown>, everyMs: number, signal: AbortSignal): AsyncGenerator<void> {
  let over = false;
  const ended = work.then(() => {
    over = true;
  });
  // Whoever goes away early must not leave a failure that nobody looks at.
  ended.catch(() => {});
  while (!over) {
    signal.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, everyMs);
    const leave = () => reject(signal.reason);
    signal.addEventListener("abort", leave, { once: true });
    try {
      await Promise.race([ended, promise]);
    } finally {
      clearTimeout(timer);
      signal.removeEventListener("abort", leave);
    }
    if (!over) yield;
  }
}
