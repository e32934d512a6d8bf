import os from "node:os";
import process from "node:process";

/** How much is given up: with one that gives up nothing beside it, it gets a tenth of a processor. */
const NICE = 10;

/**
 * Let this thread, and those that it starts from now on, have a processor only when others do not want it. On Linux, where a
 * priority belongs to a thread; elsewhere it is the whole process's, and stays as it is.
 */
export function lowerPriority(): void {
  if (process.platform !== "linux") return;
  // Who has given up more already may not take it back.
  if (os.getPriority(0) < NICE) os.setPriority(0, NICE);
}
