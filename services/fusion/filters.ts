import type { RecommendRequest } from "../../gen/flashfit/fusion/v1/fusion_pb.ts";
import type { Filter } from "../../gen/flashfit/index/v1/index_pb.ts";
import { invalidArgument } from "../kit/errors.ts";
import { requireStorable } from "../kit/storable-text.ts";
import type { StoredGarment } from "./garment-store.ts";
import { ownersOf } from "./owners.ts";

/** Which garments may be shown. An empty list of words lets all pass. */
export interface GarmentFilter {
  /** Whose; the empty string is the catalogue. */
  owners: readonly string[];
  categories: readonly string[];
  colours: readonly string[];
  /** Each group: one of its words has to be among the tags. */
  tagGroups: readonly (readonly string[])[];
  /** A known price in this range; 0: no bound. */
  minPriceCents: number;
  maxPriceCents: number;
}

type Filtered = Pick<RecommendRequest, "userId" | "scope" | "occasions" | "seasons"> &
  Partial<Pick<RecommendRequest, "categories" | "colours" | "minPriceCents" | "maxPriceCents">>;

/** What a request lets pass. Errors: INVALID_ARGUMENT for a wardrobe of nobody, a price range that holds nothing, bad text. */
export function filterOf(request: Filtered): GarmentFilter {
  const { userId, scope, occasions, seasons } = request;
  const { categories = [], colours = [], minPriceCents = 0, maxPriceCents = 0 } = request;
  requireStorable({
    ...{ user_id: userId, categories: categories.join(" "), colours: colours.join(" ") },
    ...{ occasions: occasions.join(" "), seasons: seasons.join(" ") },
  });
  if (maxPriceCents > 0 && minPriceCents > maxPriceCents) {
    throw invalidArgument(
      "max_price_cents",
      `must be at least min_price_cents, ${minPriceCents}, got ${maxPriceCents}`,
    );
  }
  const tagGroups = [occasions, seasons].filter((words) => words.length > 0);
  return { owners: ownersOf(userId, scope), categories, colours, tagGroups, minPriceCents, maxPriceCents };
}

/** The filter as the Index takes it: exact, unless `isWhole` says no; then it lets more pass. */
export function indexFilter(filter: GarmentFilter, excludeItemIds: readonly string[]) {
  const { owners, categories, colours, minPriceCents, maxPriceCents } = filter;
  const { anyTags, allTags } = indexTags(filter);
  return {
    ...{ ownerIds: [...owners], categories: [...categories], colours: [...colours], minPriceCents, maxPriceCents },
    ...{ anyTags: [...anyTags], allTags: [...allTags], excludeItemIds: [...excludeItemIds] },
  } satisfies Omit<Filter, "$typeName">;
}

/** The Index takes one group of which one word must be there, and words that all must be; a group of one word is both. */
function indexTags({ tagGroups }: GarmentFilter) {
  const single = tagGroups.filter(({ length }) => length === 1).flat();
  const [anyTags = [], ...rest] = tagGroups.filter(({ length }) => length > 1).sort((a, b) => a.length - b.length);
  return { anyTags, allTags: single, isWhole: rest.length === 0 };
}

/** False: what the Index finds with `indexFilter` still has to pass `passes`. */
export function isWhole(filter: GarmentFilter): boolean {
  return indexTags(filter).isWhole;
}

/** Whether a garment may be shown. */
export function passes(garment: StoredGarment, filter: GarmentFilter): boolean {
  const { owners, categories, colours, tagGroups, minPriceCents, maxPriceCents } = filter;
  const { ownerId, category, colour, tags, priceCents } = garment;
  return (
    owners.includes(ownerId) &&
    (categories.length === 0 || categories.includes(category)) &&
    (colours.length === 0 || colours.includes(colour)) &&
    tagGroups.every((words) => words.some((word) => tags.includes(word))) &&
    (minPriceCents === 0 || priceCents >= minPriceCents) &&
    (maxPriceCents === 0 || (priceCents > 0 && priceCents <= maxPriceCents))
  );
}
