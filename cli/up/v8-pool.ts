import { availableParallelism } from "node:os";

/** What node starts of them where nothing is said, however few processors there are. */
const USUAL = 4;

/**
 * Node's flags for an Index: one of V8's helper threads, which compile and collect garbage, for each processor but the event loop's. Where
 * there are more than that, the event loop waits behind them.
 */
export function v8PoolFlags(processors = availableParallelism()): string[] {
  return [`--v8-pool-size=${Math.max(1, Math.min(USUAL, processors - 1))}`];
}
