import type { Gaussian, RankCommon, RankPerson } from "../ranking/rank-types.ts";
import type { OutfitPolicy } from "./choose.ts";
import { LAYOUT } from "./layout.ts";
import { fitsLayout, PRIOR } from "./prior.ts";

/** What Feedback has learned, as far as it is known here. */
export interface LearnedSource {
  /** Of everybody; undefined: Feedback has not said anything yet. */
  common(): RankCommon | undefined;
  /** Of one person, in at most so many milliseconds; `degraded`: Feedback did not say. */
  person(userId: string, timeoutMs: number): Promise<{ person?: RankPerson; policy: string; degraded: boolean }>;
}

/** What outfits are judged by for one person. */
export interface Judgement {
  belief: Gaussian;
  policy: OutfitPolicy;
  person: RankPerson | undefined;
  common: RankCommon | undefined;
  degraded: string[];
}

/**
 * The person's own belief, else what was learned of everybody, else the committed prior. A person of the policy
 * "baseline" or "convex" gets outfits by the prior alone, and so does everybody while Feedback is away.
 */
export async function judgementFor(userId: string, learned: LearnedSource, timeoutMs: number): Promise<Judgement> {
  const common = learned.common();
  const nobody = { person: undefined, policy: "adaptive", degraded: common === undefined };
  const { person, policy, degraded } = userId === "" ? nobody : await learned.person(userId, timeoutMs);
  const known = [person?.beliefs.get(LAYOUT), common?.priors.get(LAYOUT)];
  const belief = known.find((one) => one !== undefined && fitsLayout(one)) ?? PRIOR;
  const adaptive = policy !== "baseline" && policy !== "convex" && !degraded;
  return {
    belief: adaptive ? belief : PRIOR,
    policy: adaptive ? "adaptive" : "baseline",
    person,
    common,
    degraded: degraded ? ["feedback"] : [],
  };
}
