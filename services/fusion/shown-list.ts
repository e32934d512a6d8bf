import { bytesFromFloats } from "../kit/vector.ts";
import type { QueryKind, RankOutput } from "./ranking/rank-types.ts";
import type { Shown } from "./recommendation-log.ts";
import { ENTRY, WireWriter } from "./wire-writer.ts";

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

/** Numbers of fields: Recommendation.items, and those of ShownItem. */
const ITEMS = 8;
const ITEM = { itemId: 1, score: 2, propensity: 3, features: 4, category: 5, colour: 6, otherPropensities: 7 } as const;

const writer = new WireWriter();

/** A ranked list as Feedback learns of it. */
export function shownList({ id, userId, kind, itemId = "", ranked, lookOf }: ShownList): Shown {
  const { policy, layout, weights, expectedFeatures } = ranked;
  const expected = [...expectedFeatures].map(([name, features]) => [name, bytesFromFloats(features)] as const);
  return {
    ...{ id, userId, kind, queryItemId: itemId, policy, layout, items: encodedItems(ranked, lookOf) },
    ...{ weights: Object.fromEntries(weights), expectedFeatures: Object.fromEntries(expected) },
  };
}

/** Straight from the columns to the wire: a hundred messages of five values each cost more than to rank what is in them. */
function encodedItems({ items, features, otherPropensities }: RankOutput, lookOf: ShownList["lookOf"]): Uint8Array {
  const count = Math.min(MOST_ITEMS, items.length);
  const width = items.length > 0 ? features.length / items.length : 0;
  const others = [...otherPropensities];
  for (let place = 0; place < count; place++) {
    const { id, score, propensity } = items[place]!;
    const { category, colour } = lookOf(id) ?? UNKNOWN;
    const item = writer.begin(ITEMS);
    writer.string(ITEM.itemId, id);
    writer.double(ITEM.score, score);
    writer.double(ITEM.propensity, propensity);
    writer.floats(ITEM.features, features, place * width, width);
    writer.string(ITEM.category, category);
    writer.string(ITEM.colour, colour);
    for (const [policy, propensities] of others) {
      const entry = writer.begin(ITEM.otherPropensities);
      writer.string(ENTRY.key, policy);
      writer.double(ENTRY.value, propensities[place]!);
      writer.end(entry);
    }
    writer.end(item);
  }
  return writer.finish();
}
