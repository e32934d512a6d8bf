import {
  CODE_COLUMNS,
  CODE_SET_COLUMNS,
  type CodeColumn,
  type CodeSetColumn,
  NUMBER_COLUMNS,
  type NumberRange,
  type RowFilter,
} from "./attributes.ts";
import { bitmapBytes, clearBit, countBits, eachBit, hasBit, setBit, words } from "./bitmap.ts";
import type { Block } from "./block.ts";
import { lowerBound, type Posting } from "./postings.ts";
import type { Cut, RowSet } from "./row-set.ts";

/** A filter's smallest condition of at most this share of all rows is worked on as a list of rows, otherwise as bitmaps. */
const LIST_SHARE = 1 / 32;
const LIST_ROWS = 1024;
/** Bitmaps of so few rows become a list in the end: a scan needs one. */
const SPARSE_SHARE = 1 / 8;

/** The rows of a cut that may be found; stays as it is while rows are added and removed. */
export type Selection =
  /** All rows, none of them dead. */
  | { kind: "all"; count: number }
  /** A bitmap for each block of the cut; undefined: none of its rows. */
  | { kind: "bitmaps"; count: number; bitmaps: readonly (Uint8Array | undefined)[] }
  /** Rows of each block of the cut by their numbers in it, ascending; undefined: none. */
  | { kind: "list"; count: number; lists: readonly (Uint32Array | undefined)[] };

interface Condition {
  column: CodeColumn | CodeSetColumn;
  codes: ReadonlySet<number>;
  postings: Posting[];
  /** Rows that meet it, at most. */
  bound: number;
}

/** Which rows a filter leaves, now. Takes microseconds for codes, a millisecond for a price range over a million rows. */
export function select(rows: RowSet, cut: Cut, filter: RowFilter = {}): Selection {
  const conditions = conditionsOf(rows, filter).sort((a, b) => a.bound - b.bound);
  const ranges = NUMBER_COLUMNS.flatMap((column) => {
    const range = filter.between?.[column];
    return range && (range.min !== undefined || range.max !== undefined) ? [{ column, range }] : [];
  });
  const excluded = excludedRows(rows, filter);
  const [tightest, ...others] = conditions;
  if (tightest && tightest.bound <= Math.max(LIST_ROWS, cut.rows * LIST_SHARE)) {
    return asList(rows, cut, tightest, others, ranges, excluded);
  }
  if (!tightest && ranges.length === 0 && excluded.length === 0) {
    if (cut.live === cut.rows) return { kind: "all", count: cut.rows };
    return { kind: "bitmaps", count: cut.live, bitmaps: cut.blocks.map(({ alive }) => alive) };
  }
  return asBitmaps(cut, conditions, ranges, excluded);
}

/** How many of the cut's rows from this one on are in the selection. */
export function selectedFrom(first: number, cut: Cut, selection: Selection): number {
  if (selection.kind === "all") return Math.max(0, cut.rows - first);
  let selected = 0;
  if (selection.kind === "list") {
    for (const [index, { block }] of cut.blocks.entries()) {
      const list = selection.lists[index];
      if (list) selected += list.length - lowerBound(list, first - block.first);
    }
    return selected;
  }
  for (const [index, { block, count }] of cut.blocks.entries()) {
    for (let row = Math.max(first, block.first); row < block.first + count; row++)
      if (isSelected(selection, index, block, row)) selected++;
  }
  return selected;
}

/** Whether a row of the cut is in the selection. */
export function isSelected(selection: Selection, blockIndex: number, block: Block, row: number): boolean {
  if (selection.kind === "all") return true;
  if (selection.kind === "list") return hasRow(selection.lists[blockIndex], row - block.first);
  const bits = selection.bitmaps[blockIndex];
  return bits !== undefined && hasBit(bits, row - block.first);
}

function hasRow(list: Uint32Array | undefined, row: number): boolean {
  return list !== undefined && list[lowerBound(list, row)] === row;
}

function conditionsOf(rows: RowSet, { anyOf, allOf }: RowFilter): Condition[] {
  const wanted = [...CODE_COLUMNS, ...CODE_SET_COLUMNS].flatMap((column) => {
    const codes = anyOf?.[column];
    return codes ? [{ column, codes }] : [];
  });
  // Each of the codes is a condition of its own.
  const each = CODE_SET_COLUMNS.flatMap((column) =>
    [...(allOf?.[column] ?? [])].map((code) => ({ column, codes: new Set([code]) })),
  );
  return [...wanted, ...each].map(({ column, codes }): Condition => {
    const postings = [...codes].flatMap((code) => rows.postings.get(column, code) ?? []);
    return { column, codes, postings, bound: postings.reduce((sum, posting) => sum + posting.count, 0) };
  });
}

interface Range {
  column: (typeof NUMBER_COLUMNS)[number];
  range: NumberRange;
}

function excludedRows(rows: RowSet, filter: RowFilter): number[] {
  return [...(filter.excludeItemIds ?? [])].flatMap((itemId) => rows.rowOf(itemId) ?? []);
}

/** Gather the rows of the tightest condition and look at each one's columns for the others. */
function asList(
  rows: RowSet,
  cut: Cut,
  tightest: Condition,
  others: Condition[],
  ranges: Range[],
  excluded: number[],
): Selection {
  const gathered = new Uint32Array(tightest.bound);
  let length = 0;
  for (const posting of tightest.postings) {
    if (posting.list) {
      gathered.set(posting.list, length);
      length += posting.list.length;
      continue;
    }
    for (const [index, { block, count }] of cut.blocks.entries()) {
      const bits = posting.hold(index);
      if (bits) eachBit(bits, count, (row) => (gathered[length++] = block.first + row));
    }
  }
  if (tightest.postings.length > 1) gathered.sort();
  const never = new Set(excluded);
  let kept = 0;
  let before = -1;
  for (const row of gathered) {
    if (row === before) continue; // several of its codes match
    before = row;
    const block = rows.blockOf(row);
    const local = row - block.first;
    if (never.has(row)) continue;
    if (!others.every((condition) => meets(block, local, condition))) continue;
    if (!ranges.every(({ column, range }) => lies(block.numbers[column][local]!, range))) continue;
    gathered[kept++] = row;
  }
  return { kind: "list", count: kept, lists: byBlock(cut, gathered.slice(0, kept)) };
}

/** Ascending rows of the index, to be changed, as those of each block of the cut. */
export function byBlock({ blocks }: Cut, rows: Uint32Array): (Uint32Array | undefined)[] {
  let to = 0;
  return blocks.map(({ block: { first }, count }) => {
    const from = to;
    for (; to < rows.length && rows[to]! < first + count; to++) rows[to]! -= first;
    return from === to ? undefined : rows.subarray(from, to);
  });
}

/** And the conditions' bitmaps together, then clear what lies outside of the ranges and what is excluded. */
function asBitmaps(cut: Cut, conditions: Condition[], ranges: Range[], excluded: number[]): Selection {
  const [first, ...others] = conditions.map((condition) => unionsOf(condition, cut));
  const bitmaps = cut.blocks.map(({ block, count, alive }, index): Uint8Array | undefined => {
    const start: Union | undefined = first ? first[index] : { bits: alive, own: false };
    if (!start || others.some((unions) => !unions[index])) return undefined;
    const outside = excluded.filter((row) => row >= block.first && row < block.first + count);
    if (others.length + outside.length + ranges.length === 0) return start.bits;
    const left = start.own ? start.bits : start.bits.slice();
    for (const unions of others) andInto(left, unions[index]!.bits);
    for (const row of outside) clearBit(left, row - block.first);
    for (const { column, range } of ranges) keepWithin(left, block.numbers[column], count, range);
    return left;
  });
  const single = conditions.length === 1 && conditions[0]!.column !== "tags" && ranges.length + excluded.length === 0;
  const count = single
    ? conditions[0]!.bound
    : bitmaps.reduce((sum, bits, index) => sum + (bits ? countBits(bits, cut.blocks[index]!.count) : 0), 0);
  return count <= cut.rows * SPARSE_SHARE ? listed(cut, bitmaps, count) : { kind: "bitmaps", count, bitmaps };
}

function listed({ blocks }: Cut, bitmaps: readonly (Uint8Array | undefined)[], count: number): Selection {
  const rows = new Uint32Array(count);
  let to = 0;
  const lists = blocks.map(({ count }, index) => {
    const from = to;
    const bits = bitmaps[index];
    if (bits) eachBit(bits, count, (row) => (rows[to++] = row));
    return from === to ? undefined : rows.subarray(from, to);
  });
  return { kind: "list", count, lists };
}

interface Union {
  bits: Uint8Array;
  /** Whether they are ours to change. */
  own: boolean;
}

/** By block: the rows that meet a condition, of one posting as they are, of several in a bitmap of our own; undefined: none. */
function unionsOf({ postings }: Condition, { blocks }: Cut): (Union | undefined)[] {
  const [only, ...more] = postings;
  if (only && more.length === 0 && !only.list) {
    return blocks.map((_, index) => {
      const bits = only.hold(index);
      return bits && { bits, own: false };
    });
  }
  const unions: (Union | undefined)[] = blocks.map(() => undefined);
  const own = (index: number): Uint8Array => {
    unions[index] ??= { bits: new Uint8Array(bitmapBytes(blocks[index]!.block.capacity)), own: true };
    return unions[index].bits;
  };
  for (const posting of postings) {
    if (posting.list) addList(posting.list, blocks, own);
    else {
      for (let index = 0; index < blocks.length; index++) {
        const some = posting.hold(index);
        if (some) orInto(own(index), some);
      }
    }
  }
  return unions;
}

/** Set the bits of ascending rows, from block to block. */
function addList(list: readonly number[], blocks: Cut["blocks"], own: (index: number) => Uint8Array): void {
  for (let at = 0, index = 0; at < list.length && index < blocks.length; index++) {
    const { first, capacity } = blocks[index]!.block;
    const end = first + capacity;
    if (list[at]! >= end) continue;
    const bits = own(index);
    for (; at < list.length && list[at]! < end; at++) setBit(bits, list[at]! - first);
  }
}

function meets(block: Block, row: number, { column, codes }: Condition): boolean {
  if (column === "tags") return block.tags(row).some((code) => codes.has(code));
  return codes.has(block.codes[column][row]!);
}

/** NaN, which stands for no number, lies nowhere. */
function lies(value: number, { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY }: NumberRange): boolean {
  return value >= min && value <= max;
}

/** Clear the bits of values outside of a range: a tight loop, for it may go over a million of them. */
function keepWithin(bits: Uint8Array, values: Float64Array, count: number, range: NumberRange): void {
  const { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY } = range;
  const all = words(bits);
  for (let first = 0; first < count; first += 32) {
    const word = all[first >> 5]!;
    if (word === 0) continue;
    const end = Math.min(32, count - first);
    let within = 0;
    for (let bit = 0; bit < end; bit++) {
      const value = values[first + bit]!;
      if (value >= min && value <= max) within |= 1 << bit;
    }
    all[first >> 5] = word & within;
  }
}

function andInto(target: Uint8Array, other: Uint8Array): void {
  const [a, b] = [words(target), words(other)];
  for (let at = 0; at < a.length; at++) a[at]! &= b[at]!;
}

function orInto(target: Uint8Array, other: Uint8Array): void {
  const [a, b] = [words(target), words(other)];
  for (let at = 0; at < a.length; at++) a[at]! |= b[at]!;
}
