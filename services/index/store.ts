import { AppliedSeq } from "./applied-seq.ts";
import { Contents, type CreateVectors, type ModelIndex, type Models } from "./contents.ts";
import { compileFilter, type Filter } from "./filter.ts";
import type { Change, StoredItem } from "./item.ts";
import type { ItemTable } from "./item-table.ts";
import type { OpenedSnapshot, SnapshotContents } from "./vectors/snapshot/store-snapshots.ts";
import type { VectorAnswer } from "./vectors/types.ts";

export type { IndexDefinition, ModelIndex } from "./contents.ts";

export interface StoreQuery {
  index: ModelIndex;
  /** Unit length where the index compares by cosine. */
  vector: Float32Array;
}

/** The queries of a call for one index: they are compared together. */
export interface IndexSearch {
  index: ModelIndex;
  /** Which of the call's queries they are. */
  places: readonly number[];
  /** One a place. */
  answers: Promise<VectorAnswer[]>;
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
  models: Models;
  createVectors: CreateVectors;
}

/** A second set of contents that is being filled. */
export interface Reload {
  put(item: StoredItem, seq: bigint): void;
  apply(change: Change): void;
  readonly items: Pick<ItemTable, "get">;
  /** Answer from it, as of `seq`, from this turn on; resolves when the memory of what was there before has been given back. */
  replace(seq: bigint): Promise<void>;
  /** Give its memory back instead; nothing happens once it has replaced. */
  discard(): Promise<void>;
}

/** What this replica knows: the current version of every item, in all its indices. Holds no truth: the change log does. */
export class ItemStore {
  readonly applied = new AppliedSeq();
  readonly models: Models;
  readonly #createVectors: CreateVectors;
  #contents: Contents;

  constructor({ models, createVectors }: ItemStoreOptions) {
    this.models = models;
    this.#createVectors = createVectors;
    this.#contents = this.#empty();
    this.#contents.serve();
  }

  get indexes(): ModelIndex[] {
    return [...this.#contents.indexes.values()];
  }

  index(name: string): ModelIndex | undefined {
    return this.#contents.indexes.get(name);
  }

  /** The current version of every item, without vectors. */
  get items(): Pick<ItemTable, "get" | "ids" | "size"> {
    return this.#contents.items;
  }

  /** Apply the next change in one turn: a search sees the item before it or after it, in all indices alike. */
  apply(change: Change): void {
    const expected = this.applied.value + 1n;
    if (change.seq !== expected) throw new RangeError(`expected change ${expected}, got ${change.seq}`);
    this.#contents.apply(change);
    this.applied.set(change.seq);
  }

  /** Fill a second set of contents while this one goes on answering; nothing of it shows before `replace`. */
  startReload(): Reload {
    return this.#reload(this.#empty());
  }

  /** The same, from what a snapshot of these models holds. */
  async reloadFrom(opened: Pick<OpenedSnapshot, "lists" | "indexes">): Promise<Reload> {
    return this.#reload(await Contents.of(opened, this.models, this.#createVectors));
  }

  /** What is there now, for a snapshot; to be handed on in the same turn. */
  snapshot(): SnapshotContents {
    return this.#contents.snapshot(this.applied.value);
  }

  /** All from the state at the time of the call. */
  search(queries: readonly StoreQuery[], options: SearchOptions): IndexSearch[] {
    const { catalogueOnly, dictionaries } = this.#contents;
    const { filter } = options;
    const compiled = { ...options, filter: filter ? compileFilter(filter, dictionaries) : catalogueOnly };
    return byIndex(queries).map(({ index, places, vectors }) => {
      // An emptied index of another length has nothing to compare with.
      const held = index.vectors && index.vectors.count > 0 ? index.vectors : undefined;
      const answers = held?.searchAll(vectors, compiled) ?? Promise.resolve(vectors.map(() => NOTHING));
      return { index, places, answers };
    });
  }

  /** The same for one query. */
  async searchOne(query: StoreQuery, options: SearchOptions): Promise<VectorAnswer> {
    const [search] = this.search([query], options);
    const [answer] = await search!.answers;
    return answer!;
  }

  /** End what goes on beside the searches, and give the graphs' memory back. */
  async close(): Promise<void> {
    await this.#contents.close();
  }

  #empty(): Contents {
    return new Contents(this.models, this.#createVectors);
  }

  #reload(fresh: Contents): Reload {
    let replaced = false;
    return {
      items: fresh.items,
      put: (item, seq) => fresh.apply({ kind: "upsert", seq, item }),
      apply: (change) => fresh.apply(change),
      replace: async (seq) => {
        const before = this.#contents;
        this.#contents = fresh;
        replaced = true;
        this.applied.set(seq);
        fresh.serve();
        await before.close();
      },
      discard: async () => {
        if (!replaced) await fresh.close();
      },
    };
  }
}

function byIndex(queries: readonly StoreQuery[]) {
  const groups: { index: ModelIndex; places: number[]; vectors: Float32Array[] }[] = [];
  for (let place = 0; place < queries.length; place++) {
    const { index, vector } = queries[place]!;
    let group = groups.find((one) => one.index === index);
    if (!group) {
      group = { index, places: [], vectors: [] };
      groups.push(group);
    }
    group.places.push(place);
    group.vectors.push(vector);
  }
  return groups;
}
