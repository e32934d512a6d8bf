import type { Degraded } from "./degraded.ts";
import type { Learned, LearnedPerson } from "./learned/learned.ts";
import type { PolicyName } from "./ranking/rank-types.ts";
import type { Stages } from "./stages.ts";
import { halfOfTheTimeLeft } from "./time-left.ts";

/** Who asks. */
export interface Asker {
  /** Undefined: nobody in particular, or Feedback did not say. */
  person: LearnedPerson | undefined;
  /** Feedback did not say; then "feedback" is among what the answer does without. */
  away: boolean;
}

export interface AskOptions {
  learned: Pick<Learned, "person">;
  stages: Stages;
  /** How long Feedback may take to say what it knows, in milliseconds. */
  profileTimeoutMs: number;
}

/** What is believed of the person who asks. */
export function askPerson(
  userId: string,
  { learned, stages, profileTimeoutMs }: AskOptions,
  degraded: Degraded,
): Promise<Asker> {
  const timeoutMs = Math.min(profileTimeoutMs, halfOfTheTimeLeft());
  const ask = async (): Promise<Asker> => ({
    person: userId === "" ? undefined : await learned.person(userId, timeoutMs),
    away: false,
  });
  return stages.time("profile", () => degraded.orWithout("feedback", ask, { person: undefined, away: true }));
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
