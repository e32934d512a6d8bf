/** A Gaussian over the coefficients of a linear score, in plain numbers. */
export interface GaussianBelief {
  /** d means. */
  mean: Float64Array;
  /** d × d, row by row, symmetric. */
  covariance: Float64Array;
}

/** What one person starts with, by layout of features: "item/1" → a Gaussian. */
export type Priors = Readonly<Record<string, GaussianBelief>>;

/** What is believed of one person under one layout. */
export interface PersonBelief extends GaussianBelief {
  /** Pairwise comparisons that it rests on. */
  comparisons: number;
}

/** An item that a person answered to, newest answer only. */
export interface AnsweredItem {
  itemId: string;
  /** How strong the answer was, −1 to 1; its sign says which list it belongs to. */
  strength: number;
  /** The person's event that said so, counted from 1; recency weights come from it. */
  ordinal: number;
  /** When the person did it, microseconds since 1970; events may arrive late. Left out: as 0. */
  at?: number;
}

/** An item that was shown in a list of which others were answered to, and was not. */
export interface PassedItem {
  itemId: string;
  /** The person's event that answered to its list last, counted from 1. */
  ordinal: number;
  /** Where it stood, from 0. */
  place: number;
}

/** How often a category or colour was answered to, both counts with the strength of the answers and decay by recency. */
export interface Tally {
  positive: number;
  negative: number;
}

/** Which items of one recommendation were answered to, and how: item id to 1 or −1. */
export interface AnsweredRecommendation {
  recommendationId: string;
  answers: Readonly<Record<string, 1 | -1>>;
}

/** All that the fold keeps of one person. Plain data: replaced, never changed in place. */
export interface PersonState {
  /** Events that were folded in since the last reset. */
  eventCount: number;
  /** Rises by one with every change; a reset does not take it back. */
  version: number;
  /** The entry of the log that changed it last. */
  learnedSeq: bigint;
  beliefs: Readonly<Record<string, PersonBelief>>;
  /** Newest first, at most 100 positive and 100 negative. */
  items: readonly AnsweredItem[];
  /** Newest list first, at most 64. Left out: none. */
  passed?: readonly PassedItem[];
  categories: Readonly<Record<string, Tally>>;
  colours: Readonly<Record<string, Tally>>;
  /** The last recommendations that were answered to, newest first, at most 16. */
  recommendations: readonly AnsweredRecommendation[];
}

export interface PolicyCount {
  recommendations: number;
  /** Events on items that it showed. */
  positive: number;
  negative: number;
}

/** All that the fold keeps of everybody. Small: its size does not grow with events or people. */
export interface CommonState {
  /** The last entry that was folded in. */
  seq: bigint;
  /** What a new person starts with, as last published: the committed default, or the last `prior` entry of the log. */
  priors: Priors;
  /** Means that Reptile has moved since, by layout; a `prior` entry makes them the prior. */
  moving: Readonly<Record<string, Float64Array>>;
  /** People's lessons that moved them since the last `prior` entry. */
  lessons: number;
  policies: Readonly<Record<string, PolicyCount>>;
}

/** What a number of entries added to the counts of one item. The caller sums them up in a table. */
export interface ItemCount {
  itemId: string;
  shown: number;
  positive: number;
  negative: number;
}
