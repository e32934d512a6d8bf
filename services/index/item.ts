/** One model's vector of an item: unit length where the index compares by cosine, as it was sent otherwise. */
export interface StoredEmbedding {
  model: string;
  revision: string;
  vector: Float32Array;
}

/** One version of an item. */
export interface StoredItem {
  itemId: string;
  /** "" is the catalogue. */
  ownerId: string;
  category: string;
  colour: string;
  /** In the smallest unit of the catalogue's one currency; 0: unknown. */
  priceCents: number;
  /** Without repetition. */
  tags: readonly string[];
  embeddings: StoredEmbedding[];
}

/** One entry of the change log: a new version of an item, or its end. */
export type Change =
  | { kind: "upsert"; seq: bigint; item: StoredItem }
  | { kind: "delete"; seq: bigint; itemId: string };
