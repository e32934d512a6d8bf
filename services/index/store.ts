import { AppliedSeq } from "./applied-seq.ts";
import { Dictionary } from "./dictionary.ts";
import type { Engine, Neighbour } from "./engines/engine.ts";
import { compileFilter, type Dictionaries, type Filter } from "./filter.ts";
import type { Change, StoredItem } from "./item.ts";

/** One index: the vectors of one model. */
export interface ModelIndex {
  readonly name: string;
  readonly model: string;
  /** Made with the first vector, which says how long they are. */
  engine: Engine | undefined;
}

export interface StoreQuery {
  index: ModelIndex;
  /** Unit length. */
  vector: Float32Array;
}

export interface ItemStoreOptions {
  /** Model name to index name. */
  models: ReadonlyMap<string, string>;
  createEngine: (dimensions: number) => Engine;
}

interface Contents {
  indexes: Map<string, ModelIndex>;
  dictionaries: Dictionaries;
}

/** What this replica knows: the current version of every item, in all its indices. Holds no truth: the change log does. */
export class ItemStore {
  readonly applied = new AppliedSeq();
  readonly #models: ReadonlyMap<string, string>;
  readonly #createEngine: (dimensions: number) => Engine;
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

  knowsModel(model: string): boolean {
    return this.#models.has(model);
  }

  get modelNames(): string[] {
    return [...this.#models.keys()];
  }

  /** Apply the next change in one turn: a search sees the item before it or after it, in all indices alike. */
  apply(change: Change): void {
    const expected = this.applied.value + 1n;
    if (change.seq !== expected) throw new RangeError(`expected change ${expected}, got ${change.seq}`);
    put(this.#contents, change, this.#createEngine);
    this.applied.set(change.seq);
  }

  /** A second set of contents to fill while this one goes on answering; nothing of it shows before `replace`. */
  startReload(): { put(item: StoredItem): void; replace(seq: bigint): void } {
    const fresh = this.#empty();
    return {
      put: (item) => put(fresh, { kind: "upsert", seq: 0n, item }, this.#createEngine),
      replace: (seq) => {
        this.#contents = fresh;
        this.applied.set(seq);
      },
    };
  }

  /** One list a query, all from the state at the time of the call. */
  search(queries: StoreQuery[], filter: Filter, k: number, signal?: AbortSignal): Promise<Neighbour[]>[] {
    const accepts = compileFilter(filter, this.#contents.dictionaries);
    return queries.map(
      ({ index, vector }) => index.engine?.search({ vector, k, accepts, signal }) ?? Promise.resolve([]),
    );
  }

  #empty(): Contents {
    const indexes = [...this.#models].map(([model, name]): [string, ModelIndex] => [
      name,
      { name, model, engine: undefined },
    ]);
    return {
      indexes: new Map(indexes),
      dictionaries: { owners: new Dictionary(), categories: new Dictionary(), colours: new Dictionary() },
    };
  }
}

function put({ indexes, dictionaries }: Contents, change: Change, createEngine: (dimensions: number) => Engine): void {
  const itemId = change.kind === "upsert" ? change.item.itemId : change.itemId;
  for (const { engine } of indexes.values()) engine?.remove(itemId);
  if (change.kind === "delete") return;
  const { item } = change;
  const attributes = {
    itemId,
    owner: dictionaries.owners.code(item.ownerId),
    category: dictionaries.categories.code(item.category),
    colour: dictionaries.colours.code(item.colour),
  };
  for (const index of indexes.values()) {
    const embedding = item.embeddings.find(({ model }) => model === index.model);
    if (!embedding) continue;
    index.engine ??= createEngine(embedding.vector.length);
    index.engine.add(attributes, embedding.vector);
  }
}
