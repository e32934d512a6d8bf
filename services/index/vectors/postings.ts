import { CODE_COLUMNS, CODE_SET_COLUMNS, type CodeColumn, type CodeSetColumn } from "./attributes.ts";
import { SharedBitmap } from "./bitmap.ts";
import type { Block } from "./block.ts";

/** Fewer rows than this are always a list. */
const LIST_ROWS = 256;
/** A code of more than this share of all rows gets bitmaps: there a list of 8 bytes a row is as large as they are. */
const LIST_SHARE = 1 / 64;

/** Finds a block by its place among the blocks. */
export type BlockAt = (index: number) => Block;

/** Which live rows have one code: an ascending list while they are few, a bitmap for each block once they are many. */
export class Posting {
  #count = 0;
  /** Row numbers of the index. */
  #list: number[] | undefined = [];
  /** By block. */
  readonly #bitmaps: (SharedBitmap | undefined)[] = [];

  get count(): number {
    return this.#count;
  }

  /** The rows, ascending; not to be changed or kept. Undefined if they are many. */
  get list(): readonly number[] | undefined {
    return this.#list;
  }

  /** If there is no list: the rows of a block as bits that stay as they are; undefined: none. */
  hold(blockIndex: number): Uint8Array | undefined {
    return this.#bitmaps[blockIndex]?.hold();
  }

  get memoryBytes(): number {
    if (this.#list) return 64 + this.#list.length * 8;
    return this.#bitmaps.reduce((sum, bitmap) => sum + (bitmap?.byteLength ?? 0), 64);
  }

  /** Append a row: a larger number than all before. */
  add(blockAt: BlockAt, blockIndex: number, local: number): void {
    this.#count++;
    const row = blockAt(blockIndex).first + local;
    if (this.#list) {
      this.#list.push(row);
      if (this.#count > Math.max(LIST_ROWS, row * LIST_SHARE)) this.#spread(blockAt);
    } else {
      this.#bitmap(blockAt, blockIndex).append(local);
    }
  }

  /** Remove a row that is there. */
  remove(blockAt: BlockAt, blockIndex: number, local: number): void {
    this.#count--;
    if (this.#list) this.#list.splice(lowerBound(this.#list, blockAt(blockIndex).first + local), 1);
    else this.#bitmaps[blockIndex]?.clear(local);
  }

  /** From a list to bitmaps. */
  #spread(blockAt: BlockAt): void {
    const list = this.#list!;
    this.#list = undefined;
    let at = 0;
    for (let index = 0; at < list.length; index++) {
      const { first, capacity } = blockAt(index);
      for (; at < list.length && list[at]! < first + capacity; at++) {
        this.#bitmap(blockAt, index).append(list[at]! - first);
      }
    }
  }

  #bitmap(blockAt: BlockAt, index: number): SharedBitmap {
    let bitmap = this.#bitmaps[index];
    if (!bitmap) {
      bitmap = new SharedBitmap(blockAt(index).capacity);
      this.#bitmaps[index] = bitmap;
    }
    return bitmap;
  }
}

/** The postings of all codes: how many rows a filter leaves, and which, is known without a look at the rows. */
export class Postings {
  readonly #blockAt: BlockAt;
  readonly #columns: Record<CodeColumn | CodeSetColumn, Map<number, Posting>> = {
    owner: new Map(),
    category: new Map(),
    colour: new Map(),
    tags: new Map(),
  };

  constructor(blockAt: BlockAt) {
    this.#blockAt = blockAt;
  }

  /** Undefined: no live row has the code. */
  get(column: CodeColumn | CodeSetColumn, code: number): Posting | undefined {
    return this.#columns[column].get(code);
  }

  add(blockIndex: number, local: number): void {
    this.#each(blockIndex, local, (postings, code) => {
      let posting = postings.get(code);
      if (!posting) {
        posting = new Posting();
        postings.set(code, posting);
      }
      posting.add(this.#blockAt, blockIndex, local);
    });
  }

  remove(blockIndex: number, local: number): void {
    this.#each(blockIndex, local, (postings, code) => {
      const posting = postings.get(code)!;
      posting.remove(this.#blockAt, blockIndex, local);
      if (posting.count === 0) postings.delete(code);
    });
  }

  get memoryBytes(): number {
    let sum = 0;
    for (const postings of Object.values(this.#columns)) {
      for (const posting of postings.values()) sum += posting.memoryBytes;
    }
    return sum;
  }

  #each(blockIndex: number, local: number, visit: (postings: Map<number, Posting>, code: number) => void): void {
    const block = this.#blockAt(blockIndex);
    for (const name of CODE_COLUMNS) visit(this.#columns[name], block.codes[name][local]!);
    for (const name of CODE_SET_COLUMNS) for (const code of block[name](local)) visit(this.#columns[name], code);
  }
}

/** Place of the first value in an ascending list that is not below `value`. */
export function lowerBound(list: ArrayLike<number>, value: number): number {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (list[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
