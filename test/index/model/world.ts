import type { ModelItem } from "./items.ts";

/** The items of one lane, or of all. */
export type Items = Map<string, ModelItem>;

export type ModelChange = { itemId: string; item: ModelItem | undefined };

/** Writes that were acknowledged, in the order of the change log. */
export interface Write {
  lastSeq: bigint;
  changes: ModelChange[];
}

/** What a batch of versions does: one change each, in the order in which they were sent. */
export function upsertChanges(items: readonly ModelItem[]): ModelChange[] {
  return items.map((item) => ({ itemId: item.itemId, item }));
}

/** What deleting does: one change for each item that is there, by id. */
export function deleteChanges(there: Items, itemIds: Iterable<string>): ModelChange[] {
  const gone = [...new Set(itemIds)].filter((itemId) => there.has(itemId)).sort();
  return gone.map((itemId) => ({ itemId, item: undefined }));
}

export function applyChanges(items: Items, changes: readonly ModelChange[]): void {
  for (const { itemId, item } of changes) {
    if (item) items.set(itemId, item);
    else items.delete(itemId);
  }
}

/**
 * The state after each change of a round, so that an answer of any moment can be compared. `undefined` where the writes do
 * not follow each other without a gap: then one of them was not acknowledged.
 */
export class History {
  readonly #base: Items;
  readonly #baseSeq: bigint;
  readonly #changes: ModelChange[] = [];

  private constructor(base: Items, baseSeq: bigint) {
    this.#base = base;
    this.#baseSeq = baseSeq;
  }

  static of(base: Items, baseSeq: bigint, writes: readonly Write[]): History | undefined {
    const history = new History(base, baseSeq);
    const ordered = writes
      .filter(({ changes }) => changes.length > 0)
      .sort((a, b) => (a.lastSeq < b.lastSeq ? -1 : a.lastSeq > b.lastSeq ? 1 : 0));
    for (const { lastSeq, changes } of ordered) {
      history.#changes.push(...changes);
      if (history.lastSeq !== lastSeq) return undefined;
    }
    return history;
  }

  get lastSeq(): bigint {
    return this.#baseSeq + BigInt(this.#changes.length);
  }

  /** The items as of each of these seqs, which must be in order; undefined for one that is not of this history. */
  *at(seqs: Iterable<bigint>): Generator<Items | undefined, void> {
    const items = new Map(this.#base);
    let reached = this.#baseSeq;
    for (const seq of seqs) {
      if (seq < this.#baseSeq || seq > this.lastSeq) {
        yield undefined;
        continue;
      }
      const from = Number(reached - this.#baseSeq);
      applyChanges(items, this.#changes.slice(from, Number(seq - this.#baseSeq)));
      reached = seq;
      yield items;
    }
  }
}
