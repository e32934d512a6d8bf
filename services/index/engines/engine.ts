import type { CompiledFilter } from "../filter.ts";
import type { Attributes } from "../vectors/attributes.ts";
import type { VectorAnswer, VectorSearch } from "../vectors/types.ts";

export type { Attributes } from "../vectors/attributes.ts";
export type { Neighbour, VectorAnswer, VectorMetric } from "../vectors/types.ts";

/**
 * Whether an item may be found: codes of the store's dictionaries, its id, its price (NaN or undefined: unknown) and the
 * codes of its tags. Compiled once a search from its filter.
 */
export type Accepts = (
  owner: number,
  category: number,
  colour: number,
  itemId: string,
  price: number | undefined,
  tags: readonly number[],
) => boolean;

export interface EngineSearch extends VectorSearch {
  filter?: CompiledFilter;
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
  /** Add an item that is not there; its vector is copied. */
  add(item: Attributes, vector: Float32Array): void;
  /** Remove an item; false if it was not there. */
  remove(itemId: string): boolean;
  /** A copy of an item's vector. */
  vector(itemId: string): Float32Array | undefined;
  /** The `k` nearest, best first; equal scores by item id. */
  search(search: EngineSearch): Promise<VectorAnswer>;
}
