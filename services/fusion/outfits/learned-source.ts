import { Code, ConnectError } from "@connectrpc/connect";
import { currentCall } from "../../kit/context.ts";
import type { Logger } from "../../kit/log.ts";
import type { Learned } from "../learned/learned.ts";
import type { LearnedSource } from "./learning.ts";

/** Fusion's replica of what was learned, as outfits ask it: while Feedback is away there is an answer without it. */
export function learnedSource(learned: Pick<Learned, "common" | "person">, log: Logger): LearnedSource {
  return {
    common: () => learned.common()?.rank,
    async person(userId, timeoutMs) {
      try {
        const { rank, policy } = await learned.person(userId, timeoutMs);
        return { person: rank, policy: policy ?? learned.common()?.leading ?? "adaptive", degraded: false };
      } catch (error) {
        currentCall()?.signal.throwIfAborted();
        const { code, rawMessage } = ConnectError.from(error);
        log.warn({ event: "degraded", part: "feedback", code: Code[code], reason: rawMessage }, "outfits by the prior");
        return { policy: "baseline", degraded: true };
      }
    },
  };
}
