import type { ShownItem } from "../../gen/flashfit/feedback/v1/feedback_pb.ts";
import { bytesFromFloats } from "../kit/vector.ts";
import type { QueryKind, RankOutput } from "./ranking/rank-types.ts";
import type { Shown } from "./recommendation-log.ts";

/** A ranked list, and for whom. */
export interface ShownList {
  id: string;
  /** Empty: nobody in particular. */
  userId: string;
  kind: QueryKind;
  /** The garment asked for. */
  itemId?: string | undefined;
  ranked: RankOutput;
  /** Category and colour of an item; undefined: not known. */
  lookOf(id: string): { category: string; colour: string } | undefined;
}

/** What people answer to beyond that is not learned from. */
const MOST_ITEMS = 100;
/** What an item looks like that is not known. */
const UNKNOWN = { category: "", colour: "" };

/** A ranked list as Feedback learns of it. */
export function shownList({ id, userId, kind, itemId = "", ranked, lookOf }: ShownList): Shown {
  const { policy, layout, weights, expectedFeatures } = ranked;
  const expected = [...expectedFeatures].map(([name, features]) => [name, bytesFromFloats(features)] as const);
  return {
    ...{ id, userId, kind, queryItemId: itemId, policy, layout, items: itemsOf(ranked, lookOf) },
    ...{ weights: Object.fromEntries(weights), expectedFeatures: Object.fromEntries(expected) },
  };
}

function itemsOf({ items }: RankOutput, lookOf: ShownList["lookOf"]): ShownItem[] {
  return items.slice(0, MOST_ITEMS).map(({ id, score, propensity, otherPropensities, features }) => {
    const { category, colour } = lookOf(id) ?? UNKNOWN;
    // Messages as they are: the call would copy each of the hundred from anything else.
    const item: ShownItem = {
      $typeName: "flashfit.feedback.v1.ShownItem",
      itemId: id,
      score,
      propensity,
      features: bytesFromFloats(features),
      category,
      colour,
      otherPropensities,
    };
    return item;
  });
}
