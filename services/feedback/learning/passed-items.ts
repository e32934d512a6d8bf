import { log } from "./deterministic-math.ts";
import type { AnsweredItem, PassedItem } from "./state.ts";

/** Items of a person that are remembered as passed over. */
const MOST_PASSED = 64;
/**
 * How strong a no it is to be shown first in a list that got an answer, and to get none. Of 0.1, 0.15 and 0.25 the one with the
 * best curve on training populations of the simulator, as is the discount by place.
 */
const STRENGTH = -0.15;

/** How layouts of garments begin. An outfit that was passed over says nothing here: it has no vector of its own. */
const GARMENTS = "item/";

/** An answer to one item of a list, after which the others are passed over. */
export interface Answered {
  /** Best place first; undefined: the answer is to none that is known. */
  list: { layout: string; items: readonly { itemId: string }[] } | undefined;
  /** Of the event that answers, counted from 1. */
  ordinal: number;
  /** All items that the person has answered to. */
  items: readonly Pick<AnsweredItem, "itemId">[];
}

/**
 * The items that were passed over, newest list first: what stood in a list of which something else was answered to. Whatever is
 * answered to, before or after, is not one of them.
 */
export function passOver(passed: readonly PassedItem[], { list, ordinal, items }: Answered): readonly PassedItem[] {
  const known = new Set(items.map(({ itemId }) => itemId));
  const shown = list?.layout.startsWith(GARMENTS) ? list.items : [];
  const fresh = shown
    .map(({ itemId }, place) => ({ itemId, ordinal, place }))
    .filter(({ itemId }) => !known.has(itemId));
  for (const { itemId } of fresh) known.add(itemId);
  return [...fresh, ...passed.filter(({ itemId }) => !known.has(itemId))].slice(0, MOST_PASSED);
}

/**
 * −1 to 0, before recency: the lower it stood, the likelier it was not seen at all. By the discount of DCG, 1 / log₂(place + 2)
 * (Järvelin and Kekäläinen 2002).
 */
export function strengthOfPassing({ place }: PassedItem): number {
  return (STRENGTH * Math.LN2) / log(place + 2);
}
