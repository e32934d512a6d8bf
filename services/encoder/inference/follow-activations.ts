import { setTimeout as wait } from "node:timers/promises";
import type { Logger } from "../../kit/log.ts";
import type { ModelSet } from "../model-set.ts";
import { messageOf } from "../repository/json.ts";

export interface FollowOptions {
  /** Time between two looks, ms. */
  intervalMs: number;
  log: Pick<Logger, "info" | "warn" | "error">;
  /** Resolves after `ms`, or at once when aborted. Default: the clock of this process. */
  sleep?: (ms: number, signal: AbortSignal) => Promise<unknown>;
}

/**
 * Have the models follow what other Encoders with the same file of activations activate. It looks by and by and does not
 * watch: notices of changed files do not reach across containers and network file systems.
 * @returns ends it; resolves once the look under way has ended.
 */
export function followActivations(
  models: Pick<ModelSet, "follow">,
  { intervalMs, log, sleep = sleepOn }: FollowOptions,
): () => Promise<void> {
  const stopping = new AbortController();
  let unreadable = "";
  const look = async () => {
    try {
      const { followed, failed } = await models.follow();
      if (unreadable) log.info({ event: "activations_readable" }, "what was activated can be read again");
      unreadable = "";
      for (const { name, revision } of followed) {
        log.info(
          { event: "model_followed", model: name, revision },
          `${name}/${revision} was activated elsewhere and serves`,
        );
      }
      for (const { name, revision, reason } of failed) {
        log.error({ event: "model_not_followed", model: name, revision }, reason);
      }
    } catch (error) {
      // Said once, not at each look.
      if (messageOf(error) !== unreadable) log.warn({ event: "activations_unreadable", err: error }, messageOf(error));
      unreadable = messageOf(error);
    }
  };
  const ended = (async () => {
    for (;;) {
      await sleep(intervalMs, stopping.signal);
      if (stopping.signal.aborted) return;
      await look();
    }
  })();
  return () => {
    stopping.abort();
    return ended;
  };
}

async function sleepOn(ms: number, signal: AbortSignal): Promise<void> {
  await wait(ms, undefined, { signal, ref: false }).catch(() => {}); // aborted: it was ended
}
