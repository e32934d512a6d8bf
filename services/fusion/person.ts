import { Code, ConnectError } from "@connectrpc/connect";
import type { Logger } from "../kit/log.ts";
import type { Learned, LearnedPerson } from "./learned/learned.ts";
import type { PolicyName } from "./ranking/rank-types.ts";

/** Who asks. */
export interface Asker {
  /** Undefined: nobody in particular, or Feedback did not say. */
  person: LearnedPerson | undefined;
  /** The Feedback service did not say. */
  away: boolean;
}

/**
 * What is believed of the person who asks; that Feedback does not answer within `timeoutMs` is said and is no reason not to
 * answer: an answer from what is known of everybody is better than none.
 */
export async function askPerson(
  userId: string,
  { learned, timeoutMs, log }: { learned: Learned; timeoutMs: number; log: Logger },
): Promise<Asker> {
  if (userId === "") return { person: undefined, away: false };
  try {
    return { person: await learned.person(userId, timeoutMs), away: false };
  } catch (cause) {
    const error = ConnectError.from(cause);
    if (error.code === Code.Canceled)
      throw new ConnectError("the caller left", Code.Canceled, undefined, undefined, error);
    log.warn(
      { event: "degraded", part: "feedback", code: Code[error.code], reason: error.rawMessage },
      "answered without a profile",
    );
    return { person: undefined, away: true };
  }
}

/**
 * The policy that ranks: the one that was asked for; else the person's own; while Feedback is away the one that most people
 * have. Nobody in particular gets "baseline": what is not learned from needs no chance in it.
 */
export function policyFor(
  chosen: PolicyName | undefined,
  { person, away }: Asker,
  leading: PolicyName | undefined,
): PolicyName {
  return chosen ?? person?.policy ?? (away ? leading : undefined) ?? "baseline";
}
