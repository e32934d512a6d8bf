import process from "node:process";

/** Two signals this close are one wish: a terminal tells npm, Node and us, and each passes it on. */
const ONE_WISH_MS = 1000;
const PARENT_CHECK_MS = 500;

/**
 * Waits for the wish to stop: SIGINT, SIGTERM, SIGHUP, or the end of the process that stands before us.
 *
 * @param onHurry Called for every later wish: somebody is impatient.
 * @returns The signal.
 */
export function stopRequest(env: Record<string, string | undefined>, onHurry: () => void): Promise<string> {
  return new Promise((resolve) => {
    let first = 0;
    const wish = (signal: string) => {
      const now = performance.now();
      if (first === 0) {
        first = now;
        resolve(signal);
      } else if (now - first > ONE_WISH_MS) onHurry();
    };
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, wish);
    if (env.FLASHFIT_PARENT_PID === String(process.ppid) || env.npm_lifecycle_event !== undefined) {
      const parent = process.ppid;
      setInterval(() => process.ppid !== parent && wish("the end of its parent"), PARENT_CHECK_MS).unref();
    }
  });
}
