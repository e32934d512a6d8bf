import process from "node:process";
import { CommandError } from "../command.ts";

/**
 * Long work that Ctrl-C ends in order: it hears of it by the signal, and what is open is closed before the command ends.
 * @throws CommandError with exit code 130 when it was interrupted, whatever the work then failed with.
 */
export async function interruptible<T>(work: (signal: AbortSignal) => Promise<T>, then = "interrupted"): Promise<T> {
  const stop = new AbortController();
  const onSignal = () => stop.abort(new CommandError(then, 130));
  process.once("SIGINT", onSignal);
  process.once("SIGTERM", onSignal);
  try {
    return await work(stop.signal);
  } catch (error) {
    throw stop.signal.aborted ? stop.signal.reason : error;
  } finally {
    process.off("SIGINT", onSignal);
    process.off("SIGTERM", onSignal);
  }
}
