import { AppliedSeq } from "./applied-seq.ts";
import { Dictionary } from "./dictionary.ts";
import type { Engine, VectorAnswer, VectorMetric } from "./engines/engine.ts";
import { CATALOGUE_ONLY, compileFilter, type Dictionaries, type Filter } from "./filter.ts";
import type { Change, StoredItem } from "./item.ts";
import { type ItemRecord, ItemTable } from "./item-table.ts";

/** One index: the vectors of one model. */
export interface ModelIndex {
  readonly name: string;
  readonly model: string;
  readonly metric: VectorMetric;
  /** Made with the first vector, which says how long they are. */
  engine: Engine | undefined;
}

/** Which index a model's vectors fill, and how they are compared. */
export interface IndexDefinition {
  name: string;
  metric: VectorMetric;
}

export interface StoreQuery {
  index: ModelIndex;
  /** Unit length where the index compares by cosine. */
  vector: Float32Array;
}

/** How every query of a call is answered. */
export interface SearchOptions {
  k: number;
  filter?: Filter;
  exact?: boolean;
  minScore?: number;
  params?: { efSearch?: number; nprobe?: number };
  signal?: AbortSignal;
}

const NOTHING: VectorAnswer = {
  neighbours: [],
  plan: { kind: "empty", engine: "flat", candidates: 0, estimatedUs: 0, reason: "the index is empty" },
};

export interface ItemStoreOptions {
  /** By model name. */
  models: ReadonlyMap<string, IndexDefinition>;
  createEngine: (options: { dimensions: number; metric: VectorMetric }) => Engine;
}

interface Contents {
  indexes: Map<string, ModelIndex>;
  dictionaries: Dictionaries;
  items: ItemTable;
}

/** What this replica knows: the current version of every item, in all its indices. Holds no truth: the change log does. */
export class ItemStore {
  readonly applied = new AppliedSeq();
  readonly #models: ItemStoreOptions["models"];
  readonly #createEngine: ItemStoreOptions["createEngine"];
  #contents: Contents;

  constructor({ models, createEngine }: ItemStoreOptions) {
    this.#models = models;
    this.#createEngine = createEngine;
    this.#contents = this.#empty();
  }

  get indexes(): ModelIndex[] {
    return [...this.#contents.indexes.values()];
  }

  index(name: string): ModelIndex | undefined {
    return this.#contents.indexes.get(name);
  }

  /** By model name. */
  get models(): ReadonlyMap<string, IndexDefinition> {
    return this.#models;
  }

  /** The current version of every item, without vectors. */
  get items(): Pick<ItemTable, "get" | "ids" | "size"> {
    return this.#contents.items;
  }

  /** Apply the next change in one turn: a search sees the item before it or after it, in all indices alike. */
  apply(change: Change): void {
    const expected = this.applied.value + 1n;
    if (change.seq !== expected) throw new RangeError(`expected change ${expected}, got ${change.seq}`);
    put(this.#contents, change, this.#createEngine);
    this.applied.set(change.seq);
  }

  /** A second set of contents to fill while this one goes on answering; nothing of it shows before `replace`. */
  startReload(): { put(item: StoredItem, seq: bigint): void; replace(seq: bigint): void } {
    const fresh = this.#empty();
    return {
      put: (item, seq) => put(fresh, { kind: "upsert", seq, item }, this.#createEngine),
      replace: (seq) => {
        this.#contents = fresh;
        this.applied.set(seq);
      },
    };
  }

  /** One list a query, all from the state at the time of the call. */
  search(queries: StoreQuery[], { filter, ...options }: SearchOptions): Promise<VectorAnswer>[] {
    const compiled = compileFilter(filter ?? CATALOGUE_ONLY, this.#contents.dictionaries);
    return queries.map(({ index, vector }) => {
      // An emptied index of another length has nothing to compare with.
      if (!index.engine || index.engine.count === 0) return Promise.resolve(NOTHING);
      return index.engine.search({ vector, filter: compiled, ...options });
    });
  }

  #empty(): Contents {
    const indexes = [...this.#models].map(([model, { name, metric }]): [string, ModelIndex] => [
      name,
      { name, model, metric, engine: undefined },
    ]);
    return {
      indexes: new Map(indexes),
      dictionaries: {
        owners: new Dictionary(),
        categories: new Dictionary(),
        colours: new Dictionary(),
        tags: new Dictionary(),
      },
      items: new ItemTable(),
    };
  }
}

function put(contents: Contents, change: Change, createEngine: ItemStoreOptions["createEngine"]): void {
  const { indexes, dictionaries, items } = contents;
  const itemId = change.kind === "upsert" ? change.item.itemId : change.itemId;
  for (const { engine } of indexes.values()) engine?.remove(itemId);
  if (change.kind === "delete") {
    items.delete(itemId);
    return;
  }
  const { item } = change;
  items.set(itemId, recordOf(item, change.seq));
  const attributes = {
    itemId,
    owner: dictionaries.owners.code(item.ownerId),
    category: dictionaries.categories.code(item.category),
    colour: dictionaries.colours.code(item.colour),
    ...(item.priceCents > 0 && { price: item.priceCents }),
    ...(item.tags.length > 0 && { tags: item.tags.map((tag) => dictionaries.tags.code(tag)) }),
  };
  for (const index of indexes.values()) {
    const embedding = item.embeddings.find(({ model }) => model === index.model);
    if (!embedding) continue;
    index.engine ??= createEngine({ dimensions: embedding.vector.length, metric: index.metric });
    index.engine.add(attributes, embedding.vector);
  }
}

function recordOf({ ownerId, category, colour, priceCents, tags }: StoredItem, seq: bigint): ItemRecord {
  return { ownerId, category, colour, priceCents, tags, seq };
}
