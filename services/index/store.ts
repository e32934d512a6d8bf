import { AppliedSeq } from "./applied-seq.ts";
import { Dictionary } from "./dictionary.ts";
import { CATALOGUE_ONLY, compileFilter, type Dictionaries, type Filter } from "./filter.ts";
import type { Change, StoredItem } from "./item.ts";
import { type ItemRecord, ItemTable } from "./item-table.ts";
import type { VectorAnswer, VectorMetric } from "./vectors/types.ts";
import type { VectorIndex } from "./vectors/vector-index.ts";

/** One index: the vectors of one model. */
export interface ModelIndex {
  readonly name: string;
  readonly model: string;
  readonly metric: VectorMetric;
  /** Made with the first vector, which says how long they are. */
  vectors: VectorIndex | undefined;
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
  createVectors: (options: { name: string; dimensions: number; metric: VectorMetric }) => VectorIndex;
}

/** Contents that are being filled. */
export interface Reload {
  put(item: StoredItem, seq: bigint): void;
  /** Show them, as of `seq`, in this turn; resolves when the memory of what was there before has been given back. */
  replace(seq: bigint): Promise<void>;
}

interface Contents {
  /** Of those that are being filled: what lets rebuilds begin. */
  paused: (() => void)[] | undefined;
  indexes: Map<string, ModelIndex>;
  dictionaries: Dictionaries;
  items: ItemTable;
}

/** What this replica knows: the current version of every item, in all its indices. Holds no truth: the change log does. */
export class ItemStore {
  readonly applied = new AppliedSeq();
  readonly #models: ItemStoreOptions["models"];
  readonly #createVectors: ItemStoreOptions["createVectors"];
  #contents: Contents;

  constructor({ models, createVectors }: ItemStoreOptions) {
    this.#models = models;
    this.#createVectors = createVectors;
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
    put(this.#contents, change, this.#createVectors);
    this.applied.set(change.seq);
  }

  /** A second set of contents to fill while this one goes on answering; nothing of it shows before `replace`. */
  startReload(): Reload {
    const fresh: Contents = { ...this.#empty(), paused: [] };
    return {
      put: (item, seq) => put(fresh, { kind: "upsert", seq, item }, this.#createVectors),
      replace: async (seq) => {
        const before = this.#contents;
        this.#contents = fresh;
        this.applied.set(seq);
        for (const resume of fresh.paused ?? []) resume();
        fresh.paused = undefined;
        await close(before);
      },
    };
  }

  /** One list a query, all from the state at the time of the call. Queries of one index are compared together. */
  search(queries: StoreQuery[], { filter, ...options }: SearchOptions): Promise<VectorAnswer>[] {
    const compiled = compileFilter(filter ?? CATALOGUE_ONLY, this.#contents.dictionaries);
    const searches = new Map<ModelIndex, { vectors: Float32Array[]; answers: Promise<VectorAnswer[]> | undefined }>();
    for (const { index, vector } of queries) {
      const same = searches.get(index);
      if (same) same.vectors.push(vector);
      else searches.set(index, { vectors: [vector], answers: undefined });
    }
    for (const [{ vectors: held }, search] of searches) {
      // An emptied index of another length has nothing to compare with.
      if (!held || held.count === 0) continue;
      search.answers = held.searchAll({ vectors: search.vectors, filter: compiled, ...options });
    }
    const next = new Map<ModelIndex, number>();
    return queries.map(async ({ index }) => {
      const at = next.get(index) ?? 0;
      next.set(index, at + 1);
      return (await searches.get(index)!.answers)?.[at] ?? NOTHING;
    });
  }

  /** End what goes on beside the searches, and give the graphs' memory back. */
  async close(): Promise<void> {
    await close(this.#contents);
  }

  #empty(): Contents {
    const indexes = [...this.#models].map(([model, { name, metric }]): [string, ModelIndex] => [
      name,
      { name, model, metric, vectors: undefined },
    ]);
    return {
      paused: undefined,
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

function put(contents: Contents, change: Change, createVectors: ItemStoreOptions["createVectors"]): void {
  const { indexes, dictionaries, items } = contents;
  const itemId = change.kind === "upsert" ? change.item.itemId : change.itemId;
  for (const { vectors } of indexes.values()) vectors?.remove(itemId);
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
    if (!index.vectors) {
      const { name, metric } = index;
      index.vectors = createVectors({ name, metric, dimensions: embedding.vector.length });
      contents.paused?.push(index.vectors.pauseRebuilds());
    }
    index.vectors.add(attributes, embedding.vector);
  }
}

async function close({ indexes }: Contents): Promise<void> {
  await Promise.all([...indexes.values()].map(({ vectors }) => vectors?.close()));
}

function recordOf({ ownerId, category, colour, priceCents, tags }: StoredItem, seq: bigint): ItemRecord {
  return { ownerId, category, colour, priceCents, tags, seq };
}
