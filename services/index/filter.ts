import type { Dictionary } from "./dictionary.ts";
import type { Accepts } from "./engines/engine.ts";
import type { CodeSetColumn, RowFilter } from "./vectors/attributes.ts";

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

/** A filter in codes, for one state of the dictionaries. Sets hold what occurs at all. */
export interface CompiledFilter extends RowFilter {
  /** Every one of these codes; absent: all rows. */
  allOf?: Partial<Record<CodeSetColumn, ReadonlySet<number>>>;
  /** All conditions together, as a predicate for who looks at every row. */
  accepts: Accepts;
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

/** Turn a filter into codes, and into the predicate that a scan calls for every row. */
export function compileFilter(filter: Filter, { owners, categories, colours, tags }: Dictionaries): CompiledFilter {
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
  const compiled = {
    anyOf,
    ...(all.size > 0 && { allOf: { tags: all } }),
    ...(Object.keys(price).length > 0 && { between: { price } }),
    ...(excludeItemIds.size > 0 && { excludeItemIds }),
  };
  return { ...compiled, accepts: predicate(compiled) };
}

/** Cheap conditions first. */
function predicate({ anyOf, allOf, between, excludeItemIds }: Omit<CompiledFilter, "accepts">): Accepts {
  const { owner, category, colour, tags: any } = anyOf ?? {};
  const all = allOf?.tags;
  const range = between?.price;
  const excluded = excludeItemIds && new Set(excludeItemIds);
  return (ownerCode, categoryCode, colourCode, itemId, price, tags) =>
    (!owner || owner.has(ownerCode)) &&
    (!category || category.has(categoryCode)) &&
    (!colour || colour.has(colourCode)) &&
    // No comparison with an unknown price (undefined or NaN) is true.
    (!range ||
      (price! >= (range.min ?? Number.NEGATIVE_INFINITY) && price! <= (range.max ?? Number.POSITIVE_INFINITY))) &&
    (!any || tags.some((tag) => any.has(tag))) &&
    (!all || tags.reduce((count, tag) => count + (all.has(tag) ? 1 : 0), 0) === all.size) &&
    !excluded?.has(itemId);
}
