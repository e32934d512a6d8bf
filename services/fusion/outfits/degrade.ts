import { Code, ConnectError } from "@connectrpc/connect";
import { currentCall } from "../../kit/context.ts";
import type { Logger } from "../../kit/log.ts";

/** Codes that say that a part is away just now, and nothing of what it was asked. */
const AWAY: readonly Code[] = [Code.Unavailable, Code.DeadlineExceeded, Code.ResourceExhausted];

/**
 * What `work` gives, or `instead` if the part is away; then its name is added to `degraded`. When the caller's own time is
 * over, or the caller left, that is thrown: nobody waits for an answer.
 */
export async function orWithout<T>(
  work: () => Promise<T>,
  { part, instead, degraded, log }: { part: string; instead: T; degraded: string[]; log: Logger },
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    currentCall()?.signal.throwIfAborted();
    const { code, rawMessage } = ConnectError.from(error);
    if (!AWAY.includes(code)) throw error;
    log.warn({ event: "degraded", part, code: Code[code], reason: rawMessage }, "outfits are made without a part");
    if (!degraded.includes(part)) degraded.push(part);
    return instead;
  }
}
