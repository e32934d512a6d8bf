import { untilAborted } from "../../kit/context.ts";
import type { Logger } from "../../kit/log.ts";
import { repeat } from "../../kit/repeat.ts";
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
  const often = { everyMs, signal, log };
  const unseen = { event: "look_failed", message: "the health stays as it was seen last" };
  const untold = { event: "announce_failed", message: "the other replicas are not told how far this one is" };
  await Promise.all([
    // postgres.js listens again by itself when PostgreSQL is back.
    peers.listen().catch((err: unknown) => {
      if (!signal.aborted) log.warn({ event: "listen_failed", err }, "this replica does not hear of the others");
    }),
    repeat(look, { ...often, failure: unseen }),
    // Apart, because neither a look nor the end waits for PostgreSQL.
    repeat(() => untilAborted(peers.announce(applied()), signal), { ...often, failure: untold }),
  ]);
}
