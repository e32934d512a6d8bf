import type { Dictionary } from "./dictionary.ts";
import type { RowFilter } from "./vectors/attributes.ts";

/** Keeps an item if every condition holds; as in index.proto. */
export interface Filter {
  /** Any of these owners; "" is the catalogue. None: the catalogue only. */
  ownerIds: readonly string[];
  /** Any of these; none: all. */
  categories: readonly string[];
  /** Any of these; none: all. */
  colours: readonly string[];
  /** Never these. */
  excludeItemIds: readonly string[];
  /** At least one of these tags; none: all. */
  anyTags: readonly string[];
  /** Every one of these tags. */
  allTags: readonly string[];
  /** A known price of at least this; 0: no bound. */
  minPriceCents: number;
  /** A known price of at most this; 0: no bound. */
  maxPriceCents: number;
}

export interface Dictionaries {
  owners: Dictionary;
  categories: Dictionary;
  colours: Dictionary;
  tags: Dictionary;
}

export const CATALOGUE_ONLY: Filter = {
  ownerIds: [],
  categories: [],
  colours: [],
  excludeItemIds: [],
  anyTags: [],
  allTags: [],
  minPriceCents: 0,
  maxPriceCents: 0,
};

/** A filter in codes, for one state of the dictionaries: sets hold what occurs at all. */
export function compileFilter(filter: Filter, { owners, categories, colours, tags }: Dictionaries): RowFilter {
  const wanted = new Set(filter.allTags);
  const all = tags.known(wanted);
  const any = filter.anyTags.length > 0 ? tags.known(filter.anyTags) : undefined;
  const anyOf = {
    owner: owners.known(filter.ownerIds.length > 0 ? filter.ownerIds : [""]),
    ...(filter.categories.length > 0 && { category: categories.known(filter.categories) }),
    ...(filter.colours.length > 0 && { colour: colours.known(filter.colours) }),
    // One of the wanted tags is nowhere: nothing has all of them.
    ...(all.size < wanted.size ? { tags: new Set<number>() } : any && { tags: any }),
  };
  const price = {
    ...(filter.minPriceCents > 0 && { min: filter.minPriceCents }),
    ...(filter.maxPriceCents > 0 && { max: filter.maxPriceCents }),
  };
  const excludeItemIds = new Set(filter.excludeItemIds);
  return {
    anyOf,
    ...(all.size > 0 && { allOf: { tags: all } }),
    ...(Object.keys(price).length > 0 && { between: { price } }),
    ...(excludeItemIds.size > 0 && { excludeItemIds }),
  };
}
