import type { Degraded } from "../degraded.ts";
import type { LearnedPerson } from "../learned/learned.ts";
import { askPerson } from "../person.ts";
import type { Gaussian, RankCommon } from "../ranking/rank-types.ts";
import type { OutfitPolicy } from "./choose.ts";
import { LAYOUT } from "./layout.ts";
import type { OutfitParts } from "./options.ts";
import { fitsLayout, PRIOR } from "./prior.ts";

/** What outfits are judged by for one person. */
export interface Judgement {
  belief: Gaussian;
  policy: OutfitPolicy;
  person: LearnedPerson | undefined;
  common: RankCommon | undefined;
}

/**
 * The person's own belief, else what was learned of everybody, else the committed prior. A person of the policy
 * "baseline" or "convex" gets outfits by the prior alone, and so does everybody while Feedback is away.
 */
export async function judgementFor(
  userId: string,
  parts: Pick<OutfitParts, "learned" | "stages" | "profileTimeoutMs">,
  degraded: Degraded,
): Promise<Judgement> {
  const { person, away } = await askPerson(userId, parts, degraded);
  const common = parts.learned.common();
  // Of nobody in particular nothing is asked: then it counts whether Feedback has said anything yet.
  const unknown = userId === "" ? common === undefined : away;
  if (unknown) degraded.add("feedback");
  const policy = userId === "" ? "adaptive" : (person?.policy ?? common?.leading ?? "adaptive");
  const { rank } = common ?? {};
  if (unknown || policy !== "adaptive") return { belief: PRIOR, policy: "baseline", person, common: rank };
  const known = [person?.rank.beliefs.get(LAYOUT), rank?.priors.get(LAYOUT)];
  const belief = known.find((one) => one !== undefined && fitsLayout(one)) ?? PRIOR;
  return { belief, policy: "adaptive", person, common: rank };
}
