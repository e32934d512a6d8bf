import { CODE_COLUMNS, CODE_SET_COLUMNS, NUMBER_COLUMNS, type RowFilter } from "./attributes.ts";
import type { Cut, RowSet } from "./row-set.ts";
import { type Selection, select } from "./selection.ts";

/** Selections that are kept, the last used ones, and their bytes. */
const MOST = 16;
const MOST_BYTES = 2 ** 21;

interface Kept {
  filter: RowFilter;
  words: readonly number[];
  selection: Selection;
  bytes: number;
}

/**
 * Answers {@link select}, and keeps what it answered until a row is added or removed: the same filter asked again, as a shop window's
 * or one person's wardrobe is, then costs as much as reading it.
 */
export class Selections {
  /** The last used one is the last. */
  #kept: Kept[] = [];
  #bytes = 0;
  #version = 0;

  /** At most: bitmaps may be those of the rows themselves. */
  get memoryBytes(): number {
    return this.#bytes;
  }

  /** Which rows a filter leaves; not to be written to. */
  select(rows: RowSet, cut: Cut, filter?: RowFilter): Selection {
    if (this.#version !== rows.version) this.#forget(rows.version);
    const last = this.#kept.at(-1);
    if (filter && last?.filter === filter) return last.selection;
    const words = filter && wordsOf(filter);
    if (!words) return select(rows, cut, filter);
    const at = this.#kept.findLastIndex((kept) => same(kept.words, words));
    if (at >= 0) {
      const [found] = this.#kept.splice(at, 1);
      this.#kept.push(found!);
      return found!.selection;
    }
    const selection = select(rows, cut, filter);
    this.#keep({ filter, words, selection, bytes: bytesOf(selection) + words.length * Float64Array.BYTES_PER_ELEMENT });
    return selection;
  }

  #keep(one: Kept): void {
    if (one.bytes > MOST_BYTES) return;
    this.#kept.push(one);
    this.#bytes += one.bytes;
    while (this.#kept.length > MOST || this.#bytes > MOST_BYTES) this.#bytes -= this.#kept.shift()!.bytes;
  }

  #forget(version: number): void {
    this.#version = version;
    this.#kept = [];
    this.#bytes = 0;
  }
}

/** A filter as numbers, the same ones only for the same filter. Undefined: one that excludes items, which seldom comes again. */
function wordsOf({ anyOf, allOf, between, excludeItemIds }: RowFilter): number[] | undefined {
  if (excludeItemIds) return undefined;
  const words: number[] = [];
  const add = (codes: ReadonlySet<number> | undefined) => {
    words.push(codes ? codes.size : -1);
    if (codes) for (const code of codes) words.push(code);
  };
  for (const column of CODE_COLUMNS) add(anyOf?.[column]);
  for (const column of CODE_SET_COLUMNS) add(anyOf?.[column]);
  for (const column of CODE_SET_COLUMNS) add(allOf?.[column]);
  for (const column of NUMBER_COLUMNS) {
    const { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY } = between?.[column] ?? {};
    words.push(min, max);
  }
  return words;
}

function same(a: readonly number[], b: readonly number[]): boolean {
  if (a.length !== b.length) return false;
  for (let n = 0; n < a.length; n++) if (a[n] !== b[n]) return false;
  return true;
}

function bytesOf(selection: Selection): number {
  if (selection.kind === "all") return 0;
  const parts = selection.kind === "list" ? selection.lists : selection.bitmaps;
  return parts.reduce((sum, part) => sum + (part?.byteLength ?? 0), 0);
}
