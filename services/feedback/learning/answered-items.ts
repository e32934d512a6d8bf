import { exp } from "./deterministic-math.ts";
import type { AnsweredItem, AnsweredRecommendation, Tally } from "./state.ts";

/** Longest list of items with a yes, and of those with a no. */
const MOST_ITEMS = 100;
/** Recommendations of a person whose answers are remembered. */
const MOST_RECOMMENDATIONS = 16;
/** Categories, and colours, of a person that are counted. */
const MOST_TALLIES = 64;
/** After so many newer events an answer weighs half. */
const HALF_LIFE = 50;
/** What is left of a tally at each newer answer to the same category or colour. */
const KEPT = 0.97;
/** Answers in the middle that a category or colour starts with, so that one answer does not say all. */
const TALLY_PRIOR = 1;

/**
 * The list with this answer, newest first. What was done later decides, not what arrived later: an older answer to the item
 * goes, and one that comes late for that is not taken. One that is late among other items gets its place among them, and
 * the weight of the next newer one.
 */
export function answerItem(items: readonly AnsweredItem[], answer: AnsweredItem): readonly AnsweredItem[] {
  const at = (item: AnsweredItem) => item.at ?? 0;
  const twin = items.find(({ itemId }) => itemId === answer.itemId);
  if (twin && at(twin) > at(answer)) return items;
  const others = items.filter((item) => item !== twin);
  const place = others.findIndex((item) => at(item) <= at(answer));
  const newer = place < 0 ? others : others.slice(0, place);
  const ordinal = Math.min(answer.ordinal, newer.at(-1)?.ordinal ?? answer.ordinal);
  const all = [...newer, { ...answer, ordinal }, ...others.slice(newer.length)];
  let [yes, no] = [0, 0];
  return all.filter(({ strength }) => (strength > 0 ? ++yes <= MOST_ITEMS : ++no <= MOST_ITEMS));
}

/** strength × ½^(newer events / HALF_LIFE), −1 to 1. */
export function weightOf(
  { strength, ordinal }: Pick<AnsweredItem, "strength" | "ordinal">,
  eventCount: number,
): number {
  return strength * exp((-Math.LN2 * (eventCount - ordinal)) / HALF_LIFE);
}

/** The tallies with this answer; empty names are not counted. */
export function answerTally(
  tallies: Readonly<Record<string, Tally>>,
  name: string,
  strength: number,
): Readonly<Record<string, Tally>> {
  if (name === "") return tallies;
  const { positive, negative } = Object.hasOwn(tallies, name) ? tallies[name]! : { positive: 0, negative: 0 };
  const tally = {
    positive: positive * KEPT + Math.max(0, strength),
    negative: negative * KEPT + Math.max(0, -strength),
  };
  const next = { ...tallies, [name]: tally };
  const names = Object.keys(next);
  if (names.length <= MOST_TALLIES) return next;
  const evidence = (one: string) => next[one]!.positive + next[one]!.negative;
  const least = names.filter((one) => one !== name).reduce((a, b) => (evidence(b) < evidence(a) ? b : a));
  return Object.fromEntries(Object.entries(next).filter(([one]) => one !== least));
}

/** How much the person likes it as far as their answers say, −1 to 1. */
export function affinityOf({ positive, negative }: Tally): number {
  return (positive - negative) / (positive + negative + TALLY_PRIOR);
}

/** How the items of a recommendation were answered to so far. */
export function answersTo(recommendations: readonly AnsweredRecommendation[], id: string) {
  return recommendations.find(({ recommendationId }) => recommendationId === id)?.answers ?? {};
}

/** The recommendations with this answer. */
export function answerRecommendation(
  recommendations: readonly AnsweredRecommendation[],
  recommendationId: string,
  itemId: string,
  answer: 1 | -1,
): AnsweredRecommendation[] {
  const answers = { ...answersTo(recommendations, recommendationId), [itemId]: answer };
  const rest = recommendations.filter((one) => one.recommendationId !== recommendationId);
  return [{ recommendationId, answers }, ...rest].slice(0, MOST_RECOMMENDATIONS);
}
