import { Code, ConnectError } from "@connectrpc/connect";
import { codeFromString } from "@connectrpc/connect/protocol-connect";
import type { Recommendation } from "../../gen/flashfit/feedback/v1/feedback_pb.ts";
import { currentCall, outsideOfCalls } from "../kit/context.ts";
import type { Degraded } from "./degraded.ts";
import { SharedSends } from "./shared-sends.ts";
import type { Stages } from "./stages.ts";
import { halfOfTheTimeLeft } from "./time-left.ts";
import { askFeedback, type Upstreams } from "./upstreams.ts";

/** A list as it is shown. */
export type Shown = Omit<Recommendation, "$typeName" | "$unknown" | "createdAt" | "degraded">;

/**
 * Tells Feedback what is shown, and what it had to do without so far; resolves when Feedback has committed it, so that
 * answers to it can be learned from. If Feedback is away, "recommendation_log" is what the answer does without.
 */
export type RecommendationLog = (shown: Shown, degraded: Degraded) => Promise<void>;

export interface RecommendationLogOptions {
  feedback: Pick<Upstreams["feedback"], "recordRecommendations">;
  stages: Stages;
  /** How long a list waits until Feedback has it, in milliseconds. */
  timeoutMs: number;
}

/** A list waits no longer than this for others, milliseconds: Feedback, too, writes together what comes meanwhile. */
const MOST_WAIT_MS = 10;
/** Lists of one call: some 40 KB each. */
const MOST_AT_ONCE = 64;

/**
 * Lists of many calls go to Feedback together, because a call to another service costs as much as the list itself. Each
 * keeps its own deadline, and its own failure.
 */
export function createRecommendationLog({ feedback, stages, timeoutMs }: RecommendationLogOptions): RecommendationLog {
  const sends = new SharedSends<Recommendation>({
    mostWaitMs: MOST_WAIT_MS,
    mostAtOnce: MOST_AT_ONCE,
    // What belongs to many calls must not end with one of them, nor speak in the name of its user.
    send: (recommendations, withinMs) =>
      outsideOfCalls(async () => {
        const call = () => feedback.recordRecommendations({ recommendations }, { timeoutMs: withinMs });
        const { recorded } = await askFeedback(call);
        return recorded.map(({ code, message }) => (code === "" ? undefined : refusal(code, message)));
      }),
  });
  return (shown, degraded) => {
    const recommendation: Recommendation = {
      $typeName: "flashfit.feedback.v1.Recommendation",
      ...shown,
      degraded: degraded.parts,
    };
    const ownMs = Math.min(timeoutMs, halfOfTheTimeLeft());
    const send = () => sends.add(recommendation, ownMs, currentCall()?.signal);
    return degraded.orWithout("recommendation_log", () => stages.time("record", send), undefined);
  };
}

/** @param code Connect's name of it */
function refusal(code: string, message: string): ConnectError {
  return new ConnectError(`feedback: ${message}`, codeFromString(code) ?? Code.Unknown);
}
