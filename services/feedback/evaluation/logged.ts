/** One place of a recommendation, as the log has it. */
export interface LoggedPlace {
  /** Policy to the probability that it shows this item at this place, 0 to 1; the one that showed it is among them. */
  propensities: Readonly<Record<string, number>>;
  /** What the item earned, −1 to 1; 0: nobody answered. */
  reward: number;
  /** Under the recommendation's layout; undefined: the log has none. */
  features: Float32Array | undefined;
}

/** One recommendation of the log with what became of it. */
export interface LoggedRecommendation {
  /** That showed it. */
  policy: string;
  /** "photo", "text", "item", "home", "rerank", "outfit". */
  kind: string;
  /** Names the features; empty: there are none. */
  layout: string;
  /** Best first. */
  places: readonly LoggedPlace[];
  /** Policy to the mean features of what it would show, one place after the other. */
  expectedFeatures: Readonly<Record<string, Float32Array>>;
}
