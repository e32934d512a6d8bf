/** A promise that its caller may stop waiting for: rejects with the signal's reason while the work goes on unheard. */
export function abortable<T>(work: Promise<T>, signal?: AbortSignal): Promise<T> {
  if (!signal) return work;
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason);
    signal.addEventListener("abort", stop, { once: true });
    const forget = () => signal.removeEventListener("abort", stop);
    work.then(resolve, reject);
    work.then(forget, forget);
    if (signal.aborted) stop();
  });
}
