import type { Sql } from "postgres";
import type { Logger } from "../kit/log.ts";
import { repeat } from "../kit/repeat.ts";
import { pruneChanges } from "./change-log.ts";

/** Versions that are deleted at once: writers wait for it. */
const AT_ONCE = 2000;

export interface PruneOptions {
  sql: Sql;
  log: Pick<Logger, "info" | "warn">;
  /** Ends it. */
  signal: AbortSignal;
  /** Changes whose replaced versions stay. */
  keep: number;
  /** Time between two looks. */
  everyMs: number;
}

/** Keep the change log short until the signal is aborted. Replicas may all do it: they take what is there in turn. */
export function keepPruned({ sql, log, signal, keep, everyMs }: PruneOptions): Promise<void> {
  const prune = async () => {
    let pruned = 0;
    for (let more = AT_ONCE; more === AT_ONCE && !signal.aborted; pruned += more) {
      more = await pruneChanges(sql, keep, AT_ONCE);
    }
    if (pruned > 0) log.info({ event: "change_log_pruned", pruned }, "replaced versions of items were deleted");
  };
  const failure = { event: "prune_failed", message: "the change log stays as long as it is; tried again later" };
  return repeat(prune, { everyMs, signal, log, failure });
}
