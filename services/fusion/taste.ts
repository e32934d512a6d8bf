import { Code, ConnectError } from "@connectrpc/connect";
import type { Logger } from "../kit/log.ts";
import type { Upstreams } from "./upstreams.ts";

/** What is believed about the person who asks. */
export interface Taste {
  /** Model name to weight; empty: nothing is believed, all models count the same. */
  modelWeights: Record<string, number>;
  liked: ReadonlySet<string>;
  disliked: readonly string[];
  /** The Feedback service did not say. */
  degraded: boolean;
}

const NOBODY: Taste = { modelWeights: {}, liked: new Set(), disliked: [], degraded: false };

/**
 * The person's profile from Feedback; that of nobody in particular if no one is named, and, marked as degraded,
 * if Feedback does not answer within `timeoutMs`: an answer with the default weights is better than none.
 */
export async function tasteOf(
  userId: string,
  { feedback, timeoutMs, log }: { feedback: Upstreams["feedback"]; timeoutMs: number; log: Logger },
): Promise<Taste> {
  if (userId === "") return NOBODY;
  try {
    const { profile } = await feedback.getProfile({ userId }, { timeoutMs });
    return {
      modelWeights: profile?.modelWeights ?? {},
      liked: new Set(profile?.likedItemIds),
      disliked: profile?.dislikedItemIds ?? [],
      degraded: false,
    };
  } catch (cause) {
    const error = ConnectError.from(cause);
    if (error.code === Code.Canceled)
      throw new ConnectError("the caller left", Code.Canceled, undefined, undefined, error);
    log.warn(
      { event: "degraded", part: "feedback", code: Code[error.code], reason: error.rawMessage },
      "answered without a profile",
    );
    return { ...NOBODY, degraded: true };
  }
}
