import { Dictionary } from "./dictionary.ts";
import { CATALOGUE_ONLY, compileFilter, type Dictionaries } from "./filter.ts";
import type { Change, StoredItem } from "./item.ts";
import { decodeItem, encodeItem, type Texts } from "./item-line.ts";
import { type ItemRecord, ItemTable } from "./item-table.ts";
import type { RowFilter } from "./vectors/attributes.ts";
import { Slices } from "./vectors/slices.ts";
import type { OpenedSnapshot, SnapshotContents } from "./vectors/snapshot/store-snapshots.ts";
import type { VectorMetric } from "./vectors/types.ts";
import type { VectorIndex, VectorIndexOptions } from "./vectors/vector-index.ts";

/** Items between two looks at the clock. */
const STRIDE = 256;

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

export type Models = ReadonlyMap<string, IndexDefinition>;
export type CreateVectors = (
  options: { name: string; dimensions: number; metric: VectorMetric } & Pick<VectorIndexOptions, "restored">,
) => VectorIndex;

/** All items as of one change, in all their indexes. */
export class Contents {
  readonly indexes: ReadonlyMap<string, ModelIndex>;
  readonly dictionaries: Dictionaries;
  readonly items = new ItemTable();
  readonly #models: Models;
  readonly #createVectors: CreateVectors;
  /** What lets the indexes' rebuilds begin; undefined: they may. */
  #paused: (() => void)[] | undefined = [];
  /** The last one, and of how many owners it knows. */
  #catalogueOnly: { filter: RowFilter; owners: number } | undefined;

  constructor(models: Models, createVectors: CreateVectors, texts: Partial<Texts> = {}) {
    this.#models = models;
    this.#createVectors = createVectors;
    this.indexes = new Map(
      [...models].map(([model, { name, metric }]) => [name, { name, model, metric, vectors: undefined }]),
    );
    this.dictionaries = {
      owners: new Dictionary(texts.owners),
      categories: new Dictionary(texts.categories),
      colours: new Dictionary(texts.colours),
      tags: new Dictionary(texts.tags),
    };
  }

  /** What a snapshot holds, which must be of these models ({@link keyOf}); rebuilds are paused. */
  static async of(
    { lists, indexes }: Pick<OpenedSnapshot, "lists" | "indexes">,
    models: Models,
    createVectors: CreateVectors,
  ): Promise<Contents> {
    const texts = lists as unknown as Texts;
    const contents = new Contents(models, createVectors, texts);
    const slices = new Slices();
    for (const [at, line] of (lists.items ?? []).entries()) {
      const [itemId, record] = decodeItem(line, texts);
      contents.items.set(itemId, record);
      if (at % STRIDE === 0 && slices.over) await slices.pause();
    }
    for (const index of contents.indexes.values()) {
      const opened = indexes.get(index.name);
      if (!opened) continue;
      const { manifest, rows, graph } = opened;
      contents.#create(index, manifest.dimensions, { rows, ...(graph && { graph }) });
    }
    return contents;
  }

  /** What may be found where nobody says. */
  get catalogueOnly(): RowFilter {
    const owners = this.dictionaries.owners.size;
    if (this.#catalogueOnly?.owners !== owners) {
      this.#catalogueOnly = { filter: compileFilter(CATALOGUE_ONLY, this.dictionaries), owners };
    }
    return this.#catalogueOnly.filter;
  }

  /** Apply a change in one turn, in all indexes. */
  apply(change: Change): void {
    const itemId = change.kind === "upsert" ? change.item.itemId : change.itemId;
    for (const { vectors } of this.indexes.values()) vectors?.remove(itemId);
    if (change.kind === "delete") {
      this.items.delete(itemId);
      return;
    }
    const { item } = change;
    this.items.set(itemId, recordOf(item, change.seq));
    const { owners, categories, colours, tags } = this.dictionaries;
    const attributes = {
      itemId,
      owner: owners.code(item.ownerId),
      category: categories.code(item.category),
      colour: colours.code(item.colour),
      ...(item.priceCents > 0 && { price: item.priceCents }),
      ...(item.tags.length > 0 && { tags: item.tags.map((tag) => tags.code(tag)) }),
    };
    for (const index of this.indexes.values()) {
      const vector = item.embeddings.find(({ model }) => model === index.model)?.vector;
      if (vector) (index.vectors ?? this.#create(index, vector.length)).add(attributes, vector);
    }
  }

  /** All is loaded: rebuilds begin where they are due. */
  serve(): void {
    for (const resume of this.#paused ?? []) resume();
    this.#paused = undefined;
  }

  /** What a snapshot as of now holds; to be handed on in the same turn. */
  snapshot(seq: bigint): SnapshotContents {
    const { dictionaries, items } = this;
    const { size, entries } = items.hold();
    const lines = function* () {
      for (const [itemId, record] of entries()) yield encodeItem(itemId, record, dictionaries);
    };
    const lists: SnapshotContents["lists"] = { items: { count: size, strings: lines() } };
    for (const [name, dictionary] of Object.entries(dictionaries)) {
      lists[name] = { count: dictionary.size, strings: dictionary.texts() };
    }
    const indexes = new Map<string, VectorIndex>();
    for (const { name, vectors } of this.indexes.values()) if (vectors) indexes.set(name, vectors);
    return { seq, key: keyOf(this.#models), lists, indexes };
  }

  /** End what goes on beside searches, and give the graphs' memory back. */
  async close(): Promise<void> {
    await Promise.all([...this.indexes.values()].map(({ vectors }) => vectors?.close()));
  }

  #create(index: ModelIndex, dimensions: number, restored?: VectorIndexOptions["restored"]): VectorIndex {
    const { name, metric } = index;
    const vectors = this.#createVectors({ name, metric, dimensions, ...(restored && { restored }) });
    this.#paused?.push(vectors.pauseRebuilds());
    index.vectors = vectors;
    return vectors;
  }
}

/** Says which vectors a snapshot holds: one of other models lacks some. */
export function keyOf(models: Models): string {
  const words = [...models].map(([model, { name, metric }]) => `${model}=${name}:${metric}`);
  return words.sort().join();
}

function recordOf({ ownerId, category, colour, priceCents, tags }: StoredItem, seq: bigint): ItemRecord {
  return { ownerId, category, colour, priceCents, tags, seq };
}
