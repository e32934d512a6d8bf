import type { Dictionary } from "./dictionary.ts";
import type { Accepts } from "./engines/engine.ts";

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
}

export interface Dictionaries {
  owners: Dictionary;
  categories: Dictionary;
  colours: Dictionary;
}

export const CATALOGUE_ONLY: Filter = { ownerIds: [], categories: [], colours: [], excludeItemIds: [] };

/** Turn a filter into the predicate that a scan calls for every row: three number look-ups, then the excluded ids. */
export function compileFilter(filter: Filter, { owners, categories, colours }: Dictionaries): Accepts {
  const owner = owners.known(filter.ownerIds.length > 0 ? filter.ownerIds : [""]);
  const category = filter.categories.length > 0 ? categories.known(filter.categories) : undefined;
  const colour = filter.colours.length > 0 ? colours.known(filter.colours) : undefined;
  const excluded = filter.excludeItemIds.length > 0 ? new Set(filter.excludeItemIds) : undefined;
  return (ownerCode, categoryCode, colourCode, itemId) =>
    owner.has(ownerCode) &&
    (!category || category.has(categoryCode)) &&
    (!colour || colour.has(colourCode)) &&
    !excluded?.has(itemId);
}
