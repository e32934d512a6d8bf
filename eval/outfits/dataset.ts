/** Outfits to learn from and to be asked about. Items are named by their ids. */
export interface OutfitDataset {
  /** Worn together. */
  train: string[][];
  /** True: worn together; false: put together by chance. */
  compatibility: { items: string[]; together: boolean }[];
  /** Which of the answers was worn with the rest. */
  blanks: { given: string[]; answers: string[]; correct: number }[];
  /** Every item that is named above. */
  items: Map<string, DatasetItem>;
  /** What the rule thinks of a set that made these outfits, if one did: nobody can tell them better, but for the noise. */
  rule?: (items: readonly string[]) => number;
}

export interface DatasetItem {
  /** Its photograph. */
  file: string;
  /** Empty: what the Encoder sees. */
  category: string;
}
