import { isDatabaseAway } from "../../kit/database.ts";
import type { Logger } from "../../kit/log.ts";
import { pause } from "../../kit/pause.ts";
import type { Peers } from "./peers.ts";

export interface KeepWatchOptions {
  /** Looks at the health once. */
  look(): void;
  peers: Pick<Peers, "listen" | "announce">;
  /** The last change that is applied. */
  applied(): bigint;
  log: Pick<Logger, "warn">;
  everyMs: number;
  /** Ends it. */
  signal: AbortSignal;
}

/** Look, and tell the other replicas how far this one is, again and again. */
export async function keepWatch({ look, peers, applied, log, everyMs, signal }: KeepWatchOptions): Promise<void> {
  /** While PostgreSQL is away one waits for it; no others queue up behind. */
  let announcing = false;
  const announce = async () => {
    if (announcing) return;
    announcing = true;
    await peers
      .announce(applied())
      .catch((err: unknown) => {
        // The tail of the log says that PostgreSQL is away.
        if (signal.aborted || isDatabaseAway(err)) return;
        log.warn({ event: "announce_failed", err }, "the other replicas were not told how far this one is");
      })
      .finally(() => {
        announcing = false;
      });
  };
  // postgres.js listens again by itself when PostgreSQL is back.
  const listening = peers.listen().catch((err: unknown) => {
    if (!signal.aborted) log.warn({ event: "listen_failed", err }, "this replica does not hear of the others");
  });
  while (!signal.aborted) {
    look();
    void announce();
    await pause(everyMs, signal);
  }
  await listening;
}
