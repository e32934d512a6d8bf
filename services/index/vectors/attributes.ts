/**
 * The columns beside each vector. Codes are numbers of the store's dictionaries, 0 or more; what strings they stand for
 * is not known here. A new attribute is a new line in one of these lists and a field in {@link Attributes}.
 */
export const CODE_COLUMNS = ["owner", "category", "colour"] as const;
/** Several codes a row. */
export const CODE_SET_COLUMNS = ["tags"] as const;
/** A number a row, or none. */
export const NUMBER_COLUMNS = ["price"] as const;

export type CodeColumn = (typeof CODE_COLUMNS)[number];
export type CodeSetColumn = (typeof CODE_SET_COLUMNS)[number];
export type NumberColumn = (typeof NUMBER_COLUMNS)[number];

/** What a search needs to know of an item beside its vector. */
export interface Attributes {
  itemId: string;
  owner: number;
  category: number;
  colour: number;
  /** Any order; repeated codes count once. Default: none. */
  tags?: readonly number[];
  /** In whatever unit the store uses (cents). Default: none; an item without a price lies in no price range. */
  price?: number;
}

/** Both ends belong to the range; an absent end is open. */
export interface NumberRange {
  min?: number;
  max?: number;
}

/** Keeps a row if every condition holds. Compiled by the store from the request's filter. */
export interface RowFilter {
  /** Any of these codes; an absent column: all rows; an empty set: no row. */
  anyOf?: Partial<Record<CodeColumn | CodeSetColumn, ReadonlySet<number>>>;
  /** Every one of these codes; an absent column or an empty set: all rows. */
  allOf?: Partial<Record<CodeSetColumn, ReadonlySet<number>>>;
  between?: Partial<Record<NumberColumn, NumberRange>>;
  /** Never these items. */
  excludeItemIds?: Iterable<string>;
}
