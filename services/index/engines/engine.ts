/** What a search needs to know of an item beside its vector. Owner, category and colour are codes of the store's dictionaries. */
export interface Attributes {
  itemId: string;
  owner: number;
  category: number;
  colour: number;
}

/** Whether an item may be found; compiled once a search from its filter. */
export type Accepts = (owner: number, category: number, colour: number, itemId: string) => boolean;

/** An item that matched. */
export interface Neighbour {
  itemId: string;
  /** Cosine similarity rounded to float32, -1 to 1. */
  score: number;
}

export interface EngineSearch {
  /** Unit length, as many values as the engine has dimensions. */
  vector: Float32Array;
  /** At most this many neighbours, 1 or more. */
  k: number;
  accepts: Accepts;
  /** Ends a long search early; the promise then rejects with its reason. */
  signal?: AbortSignal;
}

/**
 * One way to search the vectors of one index.
 *
 * `add` and `remove` take effect at once. A `search` answers from the vectors as they were when it was called, also
 * when it gives way to other work meanwhile; so searches started in one turn see one state.
 */
export interface Engine {
  /** As shown by ListIndexes and in metrics: "flat". */
  readonly name: string;
  readonly dimensions: number;
  /** Items that can be found. */
  readonly count: number;
  /** Bytes of what can be found: vectors and attributes. */
  readonly sizeBytes: number;
  /** Memory held, with room to grow and what is deleted but not yet given back. */
  readonly memoryBytes: number;
  /** Add an item that is not there; its vector has unit length and is copied. */
  add(item: Attributes, vector: Float32Array): void;
  /** Remove an item; false if it was not there. */
  remove(itemId: string): boolean;
  /** The `k` nearest, best first; equal scores by item id. */
  search(search: EngineSearch): Promise<Neighbour[]>;
}
